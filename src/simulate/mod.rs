//! A seeded generator of customs clearance logs that look like a real export.
//!
//! The same settings give the same bytes. Memory is bounded by the declarations that are under way
//! at one time, not by the length of the log. The model is an administration like Uzbekistan's; its
//! names are real, its figures are invented. "LN(m, s)" is a log-normal with median m whose
//! logarithm has standard deviation s; times run on the clock of whoever acts (see below).
//!
//! | what | drawn from |
//! |---|---|
//! | declarations per day | total × weekday (Sun 0.42, Mon–Fri 1.10–1.15, Sat 0.72) × season (Jan 0.84 … Dec 1.12) × 0.40 on public holidays × 1.09 per year |
//! | first event in the day | by hour: flat-topped around the clock at big crossing points, 07–20 h elsewhere |
//! | corridor, crossing point, office, direction, partner, goods | weighted tables in `places` and `goods` |
//! | trader | Zipf, exponent 0.7, one trader per 25 declarations (200–60,000); AEO: 50 % of the largest 2 %, 0.8 % of the rest |
//! | customs value | LN(median of the goods, 0.95) US dollars at 12,350–12,850 soum |
//! | duty and tax | duty 0–30 % by goods, VAT 12 % on value and duty, a fixed fee; 2–60 % of imports, by goods, are freed from both |
//! | lanes | red 13.5 / 4.5 / 7.5 %, yellow 25 / 13 / 18 % (import / export / transit), × risk of corridor (0.85–1.3), goods (0.6–1.6) and AEO (0.25, others 1.08); blue 4 % of imports |
//! | reason of a red lane | profile 74 %, random 20 %, officer 6 %; 4.5 % of yellow are sent on to red by an officer |
//! | finding at inspection | profile 18 → 23 % over the log, random 5 %, officer 12 %, × 0.4 + 0.6 × carelessness of the trader (0.5–1.7); minor 70, major 25, critical 5 % |
//! | duty after a finding | × 1 + Gamma(shape 1.2, mean 0.22); 3.5 % of document checks × 1.01–1.12 |
//! | paperless, electronic payment | 85 → 95 %, 76 → 91 % over the log (AEO 97 %); 40 % (AEO 80 %) of the latter pay from a deposit |
//! | border dwell | LN(1.2–11 h by crossing point, 0.75) |
//! | preparation by the trader | LN(4.5 h inland import, 2.2 h at the border, 1.3 h export, 36 min transit, 0.95); 14 → 28 % (AEO 50 %) of those announced or under way declare before arrival |
//! | refusal at lodgement | 1.8 % (on paper 5 %) × carelessness; 40 % of them for good |
//! | registration, lane | LN(5 min, 0.9), on paper LN(35 min, 0.8); LN(70 s, 0.6) |
//! | document check | wait LN(1.9 h, 0.9), check LN(40 min, 0.7), × 1.7 on paper; after an answer LN(26 min, 0.7) |
//! | query | 24 % of yellow, 34 % of red, × carelessness; answer LN(4.5 h, 1.1); half bring an amendment; 15 % a further query |
//! | inspection | scan 45 % of road and rail; wait LN(3.4 h, 0.85), inspection LN(70 min, 0.65), report on a finding LN(5 h, 0.9) |
//! | other agency | by goods (20–92 %); wait LN(1.2 h, 0.8), control Gamma(shape 1.5, mean 4.5 h) |
//! | stuck | 3 % of checked and 0.4 % of other declarations: LN(6 days, 0.8) |
//! | payment | deposit LN(2 min, 0.8), electronic Gamma(shape 0.8, mean 2 h), else LN(4 h, 1.0); 2 % in two instalments |
//! | release, exit | LN(4 min, 0.9), after a check LN(15 min, 0.8); in transit LN(12 min, 0.8); exit LN(2.4 h, 1.1) inland, LN(35 min, 0.9) at the border |
//! | travel | distance at 48 km/h (rail 24), σ 0.3 |
//! | cancelled, abandoned, audited | 0.9 %; 0.3 %; 1.2 % of uninspected imports (blue 25 %) 20–90 days after release, finding 13 % |
//! | crowding | every wait × corridor (0.75–1.3) × month (0.95–1.18) |
//! | reform | from the reform date on, document checks and the waits for document check, scan, inspection, other agency and release after a check × 1 + effect (−0.2 by default) |
//!
//! Clocks: big crossing points, airports and machines never close; small crossing points 08–20 h;
//! inland offices and agencies Monday to Friday 09–13 and 14–18 h, Saturday 09–13 h; brokers, banks
//! and terminals Monday to Saturday 08–20 h, Sundays and holidays 10–16 h. Public holidays close
//! inland offices. On the day of a change to or from summer time, hours may be off by one.

mod agenda;
mod arguments;
mod calendar;
mod declaration;
mod demand;
mod dice;
mod error;
mod fault;
mod goods;
mod journey;
mod parquet_log;
mod places;
mod row;
mod settings;
mod step;
mod stream;
mod world;
mod writer;

pub use arguments::{Arguments, run, run_with_progress};
pub use error::SimulateError;
pub use fault::FaultKind;
pub use row::{COLUMNS, Row};
pub use settings::{Compression, Format, Settings, Split};
pub use stream::{Summary, simulate};
pub use writer::{LogWriter, Output, RowSink};
