//! Report → files. A format adds punctuation and layout, never a word or a number of its own.

pub mod data;
pub mod folder;
pub mod html;
pub mod ledger;
pub mod objectives;
pub mod paper;
pub mod pdf;
pub mod published;
pub mod quality;
pub mod record;
pub mod revisions;
pub mod trends;
pub mod xlsx;
