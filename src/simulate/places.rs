//! Border crossing points, offices and corridors.
//!
//! Names and region prefixes are real (Uzbekistan); the last three digits of every code, the
//! weights, the loads and the distances are chosen for the simulation.

use super::calendar::Clock;
use super::dice::Weighted;

/// Which way goods move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Import,
    Export,
    Transit,
}

/// Means of transport; the code is that of the international list used in declarations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Rail,
    Road,
    Air,
    Post,
}

impl Mode {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Rail => "20",
            Self::Road => "30",
            Self::Air => "40",
            Self::Post => "50",
        }
    }
}

/// A border crossing point (or an airport or post office of entry).
#[derive(Clone, Debug)]
pub(super) struct Crossing {
    pub(super) code: String,
    pub(super) mode: Mode,
    pub(super) clock: Clock,
    /// Median of the time from the queue to the way out, in hours of its clock.
    pub(super) dwell_h: f64,
}

/// A corridor: where goods cross the border and where they are declared.
#[derive(Clone, Debug)]
pub(super) struct Corridor {
    pub(super) code: String,
    /// Share of all declarations, in any unit.
    pub(super) weight: f64,
    pub(super) crossings: Weighted<usize>,
    /// Inland offices with the distance from the border in km.
    pub(super) offices: Weighted<(&'static str, u32)>,
    pub(super) directions: Weighted<Direction>,
    /// Countries at the other end.
    pub(super) partners: Weighted<[u8; 2]>,
    /// Share of imports declared at the border instead of inland.
    pub(super) cleared_at_border: f64,
    /// Factor on every wait at offices of this corridor.
    pub(super) load: f64,
    /// Factor on the share of yellow and red lanes.
    pub(super) risk: f64,
}

/// Every crossing point and corridor of a simulation.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) crossings: Vec<Crossing>,
    pub(super) corridors: Vec<Corridor>,
    /// Positions in `corridors`, by weight.
    pub(super) by_weight: Weighted<usize>,
}

/// Code, mode, clock, median dwell in hours.
type CrossingData = (&'static str, Mode, Clock, f64);

/// The names stand in `data/mappings/sample.toml`.
const CROSSINGS: [CrossingData; 14] = [
    ("27101", Mode::Road, Clock::Always, 4.2),    // Yallama
    ("27102", Mode::Road, Clock::Always, 5.6),    // Gisht Ko'prik
    ("27103", Mode::Rail, Clock::Always, 9.5),    // Keles
    ("27104", Mode::Road, Clock::Always, 3.1),    // Oybek
    ("03101", Mode::Road, Clock::Always, 3.4),    // Do'stlik
    ("03102", Mode::Road, Clock::BorderDay, 1.9), // Mingtepa
    ("18101", Mode::Road, Clock::Always, 2.3),    // Jartepa
    ("22101", Mode::Road, Clock::BorderDay, 2.0), // Sariosiyo
    ("22102", Mode::Rail, Clock::Always, 11.0),   // Ayritom
    ("06101", Mode::Road, Clock::Always, 6.4),    // Alat
    ("06102", Mode::Rail, Clock::Always, 8.0),    // Xo'jadavlat
    ("35101", Mode::Road, Clock::BorderDay, 3.0), // Dautota
    ("00102", Mode::Air, Clock::Always, 1.2),     // Toshkent-AERO
    ("26010", Mode::Post, Clock::Always, 2.0),    // Xalqaro pochtamt
];

struct CorridorData {
    weight: f64,
    crossings: &'static [(usize, f64)],
    offices: &'static [((&'static str, u32), f64)],
    /// Import, export, transit.
    directions: [f64; 3],
    partners: &'static [([u8; 2], f64)],
    cleared_at_border: f64,
    load: f64,
    risk: f64,
}

const CORRIDORS: [CorridorData; 9] = [
    // C1 Tashkent – Yallama – Kazakhstan – Russia
    CorridorData {
        weight: 0.24,
        crossings: &[(0, 1.0)],
        offices: &[
            (("26001", 68), 4.0),
            (("26003", 74), 3.0),
            (("27001", 96), 1.5),
            (("18001", 310), 1.0),
        ],
        directions: [0.60, 0.28, 0.12],
        partners: &[
            (*b"RU", 5.0),
            (*b"KZ", 4.0),
            (*b"DE", 1.2),
            (*b"PL", 0.8),
            (*b"BY", 0.8),
            (*b"LT", 0.4),
        ],
        cleared_at_border: 0.14,
        load: 1.1,
        risk: 1.0,
    },
    // C2 Tashkent – Gisht Ko'prik and Keles – Kazakhstan – China
    CorridorData {
        weight: 0.19,
        crossings: &[(2, 6.0), (1, 4.0)],
        offices: &[
            (("26002", 22), 5.0),
            (("26001", 25), 3.0),
            (("27005", 120), 1.0),
            (("30001", 330), 1.5),
        ],
        directions: [0.62, 0.24, 0.14],
        partners: &[
            (*b"CN", 5.0),
            (*b"KZ", 2.5),
            (*b"RU", 2.0),
            (*b"KR", 1.2),
            (*b"JP", 0.3),
        ],
        cleared_at_border: 0.08,
        load: 1.25,
        risk: 1.15,
    },
    // C3 Tashkent – Oybek – Tajikistan
    CorridorData {
        weight: 0.07,
        crossings: &[(3, 1.0)],
        offices: &[
            (("26001", 98), 3.0),
            (("27005", 85), 2.0),
            (("30005", 190), 1.0),
        ],
        directions: [0.30, 0.46, 0.24],
        partners: &[(*b"TJ", 8.0), (*b"PK", 1.0), (*b"IN", 0.5)],
        cleared_at_border: 0.30,
        load: 0.85,
        risk: 0.9,
    },
    // C4 Fergana Valley – Do'stlik and Mingtepa – Kyrgyzstan – China
    CorridorData {
        weight: 0.13,
        crossings: &[(4, 3.0), (5, 1.0)],
        offices: &[
            (("03001", 52), 4.0),
            (("30001", 118), 3.0),
            (("14001", 125), 2.0),
            (("30005", 190), 1.0),
        ],
        directions: [0.58, 0.27, 0.15],
        partners: &[(*b"CN", 6.0), (*b"KG", 3.5), (*b"TR", 0.4)],
        cleared_at_border: 0.22,
        load: 1.15,
        risk: 1.25,
    },
    // C5 Samarkand – Jartepa and Sariosiyo – Dushanbe
    CorridorData {
        weight: 0.06,
        crossings: &[(6, 3.0), (7, 2.0)],
        offices: &[
            (("18001", 48), 4.0),
            (("22001", 175), 2.0),
            (("10001", 190), 1.0),
        ],
        directions: [0.30, 0.48, 0.22],
        partners: &[(*b"TJ", 9.0), (*b"PK", 0.7)],
        cleared_at_border: 0.34,
        load: 0.8,
        risk: 0.85,
    },
    // C6 Termez – Ayritom – Afghanistan
    CorridorData {
        weight: 0.08,
        crossings: &[(8, 1.0)],
        offices: &[
            (("22001", 16), 6.0),
            (("10001", 270), 1.0),
            (("18001", 390), 1.0),
        ],
        directions: [0.16, 0.44, 0.40],
        partners: &[(*b"AF", 7.0), (*b"PK", 2.2), (*b"IN", 0.8)],
        cleared_at_border: 0.28,
        load: 1.3,
        risk: 1.3,
    },
    // C7 Bukhara – Alat and Xo'jadavlat – Turkmenistan – Iran
    CorridorData {
        weight: 0.09,
        crossings: &[(9, 3.0), (10, 1.0)],
        offices: &[
            (("06001", 98), 5.0),
            (("12001", 205), 2.0),
            (("18001", 360), 1.5),
            (("26001", 640), 1.5),
        ],
        directions: [0.46, 0.30, 0.24],
        partners: &[
            (*b"TR", 5.0),
            (*b"IR", 3.0),
            (*b"TM", 1.5),
            (*b"AE", 1.2),
            (*b"IT", 0.5),
        ],
        cleared_at_border: 0.12,
        load: 1.2,
        risk: 1.2,
    },
    // C8 Nukus – Dautota – Kazakhstan – Caspian
    CorridorData {
        weight: 0.05,
        crossings: &[(11, 1.0)],
        offices: &[
            (("35001", 390), 5.0),
            (("33001", 520), 3.0),
            (("06001", 920), 0.7),
        ],
        directions: [0.48, 0.26, 0.26],
        partners: &[
            (*b"KZ", 4.0),
            (*b"RU", 3.0),
            (*b"AZ", 1.4),
            (*b"GE", 0.8),
            (*b"TR", 0.8),
        ],
        cleared_at_border: 0.25,
        load: 0.95,
        risk: 0.9,
    },
    // C9 Tashkent air and post gateway
    CorridorData {
        weight: 0.09,
        crossings: &[(12, 7.0), (13, 3.0)],
        offices: &[(("00102", 1), 1.0)],
        directions: [0.80, 0.20, 0.0],
        partners: &[
            (*b"CN", 4.0),
            (*b"KR", 2.5),
            (*b"DE", 2.0),
            (*b"TR", 1.5),
            (*b"AE", 1.5),
            (*b"US", 1.0),
            (*b"IN", 1.0),
        ],
        cleared_at_border: 1.0,
        load: 0.75,
        risk: 1.0,
    },
];

impl Network {
    /// The first `count` corridors. Beyond the ninth, corridor `Cn` copies the one nine places
    /// before it, with crossing points of its own (`9nnnk`) and less traffic.
    pub(super) fn new(count: u32) -> Self {
        let mut crossings: Vec<Crossing> = CROSSINGS
            .iter()
            .map(|data| crossing(data.0.to_owned(), data))
            .collect();
        let mut corridors = Vec::new();
        for (number, data) in (1..=count).zip(CORRIDORS.iter().cycle()) {
            let own: Vec<(usize, f64)> = if number <= 9 {
                data.crossings.to_vec()
            } else {
                numbered(number, data, &mut crossings)
            };
            corridors.extend(corridor(number, data, &own));
        }
        let weights = corridors
            .iter()
            .enumerate()
            .map(|(at, corridor)| (at, corridor.weight));
        let by_weight = Weighted::new(weights, (0, 0.0));
        Self {
            crossings,
            corridors,
            by_weight,
        }
    }
}

/// Crossing points of a numbered corridor: copies of the model's, with their own codes.
fn numbered(number: u32, model: &CorridorData, all: &mut Vec<Crossing>) -> Vec<(usize, f64)> {
    let mut own = Vec::new();
    for (place, (at, weight)) in model.crossings.iter().enumerate() {
        if let Some(data) = CROSSINGS.get(*at) {
            own.push((all.len(), *weight));
            all.push(crossing(format!("9{number:03}{place}"), data));
        }
    }
    own
}

fn crossing(code: String, data: &CrossingData) -> Crossing {
    let (_, mode, clock, dwell_h) = *data;
    Crossing {
        code,
        mode,
        clock,
        dwell_h,
    }
}

fn corridor(number: u32, data: &CorridorData, crossings: &[(usize, f64)]) -> Option<Corridor> {
    let [import, export, transit] = data.directions;
    let generation = f64::from((number - 1) / 9);
    Some(Corridor {
        code: format!("C{number}"),
        weight: data.weight / (1.0 + generation),
        crossings: Weighted::from_slice(crossings)?,
        offices: Weighted::from_slice(data.offices)?,
        directions: Weighted::new(
            [(Direction::Export, export), (Direction::Transit, transit)],
            (Direction::Import, import),
        ),
        partners: Weighted::from_slice(data.partners)?,
        cleared_at_border: data.cleared_at_border,
        load: data.load,
        risk: data.risk,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FastSet;

    #[test]
    fn numbered_corridors_have_codes_of_their_own() {
        let network = Network::new(30);
        let codes: FastSet<&str> = network
            .corridors
            .iter()
            .map(|corridor| corridor.code.as_str())
            .collect();
        assert_eq!(codes.len(), 30);
        let crossings: FastSet<&str> = network
            .crossings
            .iter()
            .map(|crossing| crossing.code.as_str())
            .collect();
        assert_eq!(crossings.len(), network.crossings.len());
    }
}
