//! `revisions.csv`: every published figure that a report changes.

use super::data::{inert, unit_name};
use crate::error::{Error, Result};
use crate::pipeline::Revision;

const COLUMNS: [&str; 12] = [
    "grain",
    "period",
    "kpi",
    "dimension",
    "member",
    "statistic",
    "unit",
    "old",
    "new",
    "old_state",
    "new_state",
    "cause",
];

/// `revisions.csv`: UTF-8, commas, LF; the header alone where nothing was revised.
pub fn revisions_csv(revisions: &[Revision], currency: &str) -> Result<Vec<u8>> {
    let fault = |cause| Error::internal("printing revisions.csv", cause);
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(COLUMNS).map_err(fault)?;
    for revision in revisions {
        let fields = [
            revision.period.grain.to_string(),
            revision.period.to_string(),
            revision.kpi.to_string(),
            inert(&revision.dimension),
            inert(&revision.member),
            revision.statistic.to_string(),
            unit_name(revision.unit, currency).to_owned(),
            revision.old.clone(),
            revision.new.clone(),
            revision.old_state.clone(),
            revision.new_state.clone(),
            inert(&revision.cause),
        ];
        csv.write_record(fields).map_err(fault)?;
    }
    csv.into_inner()
        .map_err(|cause| Error::internal("printing revisions.csv", cause))
}
