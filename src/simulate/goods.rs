//! What is declared: headings, duty rates, values, and who must look at it besides customs.

use super::dice::Weighted;

/// A group of goods.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goods {
    /// The four-digit heading of the tariff.
    pub(super) heading: u64,
    /// Import duty per thousand of the customs value.
    pub(super) duty_permille: u64,
    /// Median customs value in US dollars.
    pub(super) value_usd: f64,
    /// US dollars per kilogram.
    pub(super) usd_per_kg: f64,
    /// Share of imports freed from duty and VAT.
    pub(super) exempt: f64,
    /// Another agency that may control it, and how often it does.
    pub(super) agency: Option<(&'static str, f64)>,
    /// Factor on the share of yellow and red lanes.
    pub(super) risk: f64,
}

/// Last six digits of the ten-digit code.
pub(super) const SUBHEADINGS: [u64; 8] = [
    100_000, 109_000, 201_000, 209_000, 300_000, 900_000, 901_000, 909_000,
];

const PLANT: &str = "FITO";
const ANIMAL: &str = "VET";
const HEALTH: &str = "SEO";
const STANDARDS: &str = "STD";

const fn goods(heading: u64, duty_permille: u64, value_usd: f64, usd_per_kg: f64) -> Goods {
    Goods {
        heading,
        duty_permille,
        value_usd,
        usd_per_kg,
        exempt: 0.05,
        agency: None,
        risk: 1.0,
    }
}

const fn controlled(goods: Goods, agency: &'static str, share: f64) -> Goods {
    Goods {
        agency: Some((agency, share)),
        ..goods
    }
}

const fn special(goods: Goods, exempt: f64, risk: f64) -> Goods {
    Goods {
        exempt,
        risk,
        ..goods
    }
}

/// Imports and transit, by number of declarations.
const IMPORTS: [(Goods, f64); 18] = [
    (special(goods(8703, 150, 42_000.0, 9.0), 0.02, 1.3), 6.0), // cars
    (special(goods(8708, 50, 16_000.0, 8.0), 0.10, 1.0), 8.0),  // parts of vehicles
    (special(goods(8429, 50, 88_000.0, 7.0), 0.45, 0.7), 4.0),  // construction machines
    (special(goods(8479, 30, 54_000.0, 14.0), 0.55, 0.7), 9.0), // industrial machines
    (special(goods(8517, 20, 31_000.0, 90.0), 0.04, 1.4), 7.0), // telephones
    (goods(8528, 150, 19_000.0, 12.0), 3.0),                    // screens
    (
        controlled(
            special(goods(3004, 10, 38_000.0, 45.0), 0.40, 0.8),
            HEALTH,
            0.55,
        ),
        7.0,
    ), // medicines
    (
        controlled(goods(3304, 200, 11_000.0, 14.0), STANDARDS, 0.20),
        4.0,
    ), // cosmetics
    (goods(3901, 50, 27_000.0, 1.4), 6.0),                      // polymers
    (goods(7210, 100, 34_000.0, 0.9), 5.0),                     // steel sheet
    (controlled(goods(4407, 0, 9_000.0, 0.5), PLANT, 0.75), 5.0), // timber
    (controlled(goods(1001, 0, 14_000.0, 0.3), PLANT, 0.85), 6.0), // wheat
    (
        controlled(goods(1701, 200, 21_000.0, 0.6), PLANT, 0.35),
        2.0,
    ), // sugar
    (
        controlled(goods(1512, 50, 18_000.0, 1.2), HEALTH, 0.25),
        3.0,
    ), // sunflower oil
    (
        controlled(goods(207, 100, 24_000.0, 1.9), ANIMAL, 0.90),
        4.0,
    ), // poultry
    (
        controlled(
            special(goods(803, 100, 12_000.0, 0.8), 0.05, 1.1),
            PLANT,
            0.90,
        ),
        3.0,
    ), // bananas
    (special(goods(6204, 300, 8_500.0, 16.0), 0.03, 1.6), 8.0), // clothing
    (special(goods(6403, 300, 9_500.0, 18.0), 0.03, 1.5), 4.0), // footwear
];

/// Exports, by number of declarations.
const EXPORTS: [(Goods, f64); 10] = [
    (goods(5205, 0, 41_000.0, 2.9), 9.0),  // cotton yarn
    (goods(6109, 0, 17_000.0, 11.0), 8.0), // T-shirts
    (controlled(goods(809, 0, 11_000.0, 0.9), PLANT, 0.92), 8.0), // apricots, cherries
    (controlled(goods(806, 0, 13_000.0, 0.8), PLANT, 0.92), 6.0), // grapes
    (controlled(goods(713, 0, 12_000.0, 0.8), PLANT, 0.90), 5.0), // pulses
    (goods(7408, 0, 96_000.0, 8.0), 3.0),  // copper wire
    (goods(3102, 0, 22_000.0, 0.3), 3.0),  // nitrogen fertiliser
    (special(goods(8703, 0, 64_000.0, 7.0), 0.0, 0.8), 2.0), // cars
    (goods(2523, 0, 6_000.0, 0.06), 3.0),  // cement
    (controlled(goods(1101, 0, 9_000.0, 0.35), PLANT, 0.60), 4.0), // flour
];

/// Parcels: cheap, light, mostly below the duty-free limit.
const PARCELS: [(Goods, f64); 3] = [
    (special(goods(6204, 300, 310.0, 30.0), 0.55, 0.7), 4.0),
    (special(goods(8517, 20, 420.0, 120.0), 0.40, 1.0), 2.0),
    (special(goods(3304, 200, 160.0, 40.0), 0.60, 0.6), 2.0),
];

/// The three assortments, ready to draw from.
#[derive(Debug)]
pub(super) struct Assortments {
    pub(super) imports: Weighted<Goods>,
    pub(super) exports: Weighted<Goods>,
    pub(super) parcels: Weighted<Goods>,
}

impl Assortments {
    pub(super) fn new() -> Self {
        let assortment = |first: &[(Goods, f64)]| {
            Weighted::from_slice(first)
                .unwrap_or_else(|| Weighted::new([], (goods(9999, 0, 1000.0, 1.0), 1.0)))
        };
        Self {
            imports: assortment(&IMPORTS),
            exports: assortment(&EXPORTS),
            parcels: assortment(&PARCELS),
        }
    }
}
