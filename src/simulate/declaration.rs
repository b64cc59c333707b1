//! One declaration: what the log says about it, drawn before its journey.

use rand_distr::{Distribution, Zipf};

use super::dice::{Dice, scatter, whole_unsigned};
use super::goods::{Goods, SUBHEADINGS};
use super::places::{Direction, Mode};
use super::world::World;

/// Risk lanes, by their local code 1–4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    Green,
    Yellow,
    Red,
    /// Released at once, looked at afterwards.
    Blue,
}

impl Lane {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Green => "1",
            Self::Yellow => "2",
            Self::Red => "3",
            Self::Blue => "4",
        }
    }

    /// Whether anybody looks at the documents.
    pub(super) const fn is_checked(self) -> bool {
        matches!(self, Self::Yellow | Self::Red)
    }
}

/// Why a declaration was selected for a check, by its local code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// A risk profile matched.
    Profile,
    /// Drawn at random.
    Random,
    /// An officer's decision.
    Officer,
}

impl Reason {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Profile => "P",
            Self::Random => "T",
            Self::Officer => "O",
        }
    }
}

/// How the duty is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payment {
    /// At the bank's counter.
    Counter,
    /// By electronic order.
    Electronic,
    /// From a deposit, within minutes; electronic too.
    Deposit,
}

/// The result of an inspection or audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    None,
    Minor,
    Major,
    Critical,
}

impl Finding {
    /// The local severity code; empty where nothing was found.
    pub(super) const fn severity(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Minor => "1",
            Self::Major => "2",
            Self::Critical => "3",
        }
    }
}

/// Everything the rows of one declaration say. Money is in hundredths of the currency.
#[derive(Clone, Debug)]
pub(super) struct Declaration {
    /// Position in the log's order of first events; also the seed of officers' numbers.
    pub(super) number: u64,
    /// The declaration number, as text; at most 24 bytes.
    pub(super) id: String,
    pub(super) corridor: usize,
    pub(super) crossing: usize,
    /// Five digits, a reference code or the crossing point's.
    pub(super) office: String,
    pub(super) cleared_at_border: bool,
    pub(super) direction: Direction,
    pub(super) regime: &'static str,
    pub(super) mode: Mode,
    /// The lane chosen by the risk engine, and the reason if it is a check.
    pub(super) first_lane: (Lane, Option<Reason>),
    /// The lane after an officer's change, if any.
    pub(super) lane: (Lane, Option<Reason>),
    pub(super) finding: Finding,
    pub(super) audit_finding: Finding,
    pub(super) trader: u64,
    pub(super) aeo: bool,
    /// Factor on the trader's share of queries, refusals and findings.
    pub(super) carelessness: f64,
    pub(super) origin: [u8; 2],
    pub(super) destination: [u8; 2],
    pub(super) hs_code: u64,
    pub(super) agency: Option<&'static str>,
    pub(super) paperless: bool,
    pub(super) payment: Payment,
    pub(super) packages: u64,
    pub(super) net_mass_kg: u64,
    pub(super) distance_km: u32,
    pub(super) customs_value: u64,
    pub(super) assessed_initial: u64,
    pub(super) assessed: u64,
    pub(super) exempted: u64,
    /// The first payment; the rest follows when it is less than assessed.
    pub(super) first_payment: u64,
    /// Events still to be written.
    pub(super) pending: u32,
}

/// The population of traders: few large ones, many small ones.
#[derive(Debug)]
pub(super) struct Traders {
    population: u64,
    ranks: Option<Zipf<f64>>,
    seed: u64,
}

impl Traders {
    /// One trader per 25 declarations, 200 to 60,000 of them; the trader of rank k has a share
    /// proportional to k^−0.7 (Zipf).
    pub(super) fn new(declarations: u64, seed: u64) -> Self {
        let population = (declarations / 25).clamp(200, 60_000);
        Self {
            population,
            ranks: Zipf::new(population as f64, 0.7).ok(),
            seed,
        }
    }

    /// Tax number, whether an authorised economic operator, carelessness (0.5 to 1.7).
    fn draw(&self, dice: &mut Dice) -> (u64, bool, f64) {
        let rank = self.ranks.map_or(1, |ranks| {
            whole_unsigned(ranks.sample(dice.rng_mut())).min(self.population)
        });
        let fixed = scatter(self.seed ^ rank.wrapping_mul(0x1_0000_0001));
        // The largest 2 % of traders are operators with probability 0.5, the others with 0.008.
        let per_thousand = if rank * 50 <= self.population {
            600
        } else {
            10
        };
        let aeo = fixed % 1000 < per_thousand;
        let carelessness = 0.5 + ((fixed >> 20) % 1000) as f64 * 0.0012;
        // Nine digits; multiplying by a number prime to 10^8 never gives two traders one number.
        let trader = 300_000_000 + rank.wrapping_mul(7_654_321) % 100_000_000;
        (
            trader,
            aeo,
            if aeo {
                carelessness * 0.6
            } else {
                carelessness
            },
        )
    }
}

/// Draws a declaration of corridor `corridor` on day `day` (number since 1970-01-01).
pub(super) fn draw(world: &World, dice: &mut Dice, number: u64, day: i64) -> Declaration {
    let at = dice.pick(&world.network.by_weight);
    let mut declaration = place(world, dice, number, at);
    let progress = world.progress(day);
    let (trader, aeo, carelessness) = world.traders.draw(dice);
    declaration.trader = trader;
    declaration.aeo = aeo;
    declaration.carelessness = carelessness;
    let goods = describe(world, dice, &mut declaration, progress);
    let post = declaration.mode == Mode::Post;
    declaration.paperless = dice.chance(if post { 0.99 } else { 0.85 + 0.10 * progress });
    let electronic = dice.chance(if aeo { 0.97 } else { 0.76 + 0.15 * progress });
    let deposit = dice.chance(if aeo { 0.8 } else { 0.4 });
    declaration.payment = match (electronic, deposit) {
        (true, true) => Payment::Deposit,
        (true, false) => Payment::Electronic,
        (false, _) => Payment::Counter,
    };
    let lane = select_lane(world, dice, &declaration, goods.risk);
    declaration.first_lane = lane;
    declaration.lane = lane;
    declaration
}

/// Corridor, crossing point, office, direction, mode: everything geographical.
fn place(world: &World, dice: &mut Dice, number: u64, at: usize) -> Declaration {
    let mut declaration = Declaration::blank(number, at);
    let Some(corridor) = world.network.corridors.get(at) else {
        return declaration;
    };
    declaration.direction = dice.pick(&corridor.directions);
    declaration.crossing = dice.pick(&corridor.crossings);
    let (office, distance_km) = dice.pick(&corridor.offices);
    let partner = dice.pick(&corridor.partners);
    let far = dice.pick(&corridor.partners);
    let Some(crossing) = world.network.crossings.get(declaration.crossing) else {
        return declaration;
    };
    declaration.mode = crossing.mode;
    declaration.cleared_at_border = declaration.direction == Direction::Transit
        || matches!(crossing.mode, Mode::Air | Mode::Post)
        || (declaration.direction == Direction::Import && dice.chance(corridor.cleared_at_border));
    let at_border = declaration.cleared_at_border;
    declaration
        .office
        .push_str(if at_border { &crossing.code } else { office });
    let (origin, destination) = match declaration.direction {
        Direction::Import => (partner, *b"UZ"),
        Direction::Export => (*b"UZ", partner),
        Direction::Transit => (partner, far),
    };
    declaration.origin = origin;
    declaration.destination = destination;
    declaration.distance_km = match declaration.direction {
        // Transit crosses the country to another border.
        Direction::Transit => 320 + u32::try_from(dice.below(700)).unwrap_or(0),
        _ if at_border => 1,
        _ => distance_km,
    };
    let regimes: [(&'static str, f64); 3] = match declaration.direction {
        Direction::Import => [("IM40", 0.90), ("IM70", 0.06), ("IM51", 0.04)],
        Direction::Export => [("EK10", 0.93), ("EK23", 0.05), ("EK31", 0.02)],
        Direction::Transit => [("TR80", 1.0), ("TR80", 0.0), ("TR80", 0.0)],
    };
    let draw = dice.share();
    declaration.regime = match regimes {
        [(usual, up_to), _, _] if draw < up_to => usual,
        [(_, first), (second, share), _] if draw < first + share => second,
        [_, _, (third, _)] => third,
    };
    declaration
}

/// Goods, mass, packages, value, duty.
fn describe(world: &World, dice: &mut Dice, declaration: &mut Declaration, progress: f64) -> Goods {
    let goods = dice.pick(match (declaration.mode, declaration.direction) {
        (Mode::Post, _) => &world.assortments.parcels,
        (_, Direction::Export) => &world.assortments.exports,
        _ => &world.assortments.imports,
    });
    let sub = usize::try_from(dice.below(SUBHEADINGS.len() as u64)).unwrap_or(0);
    declaration.hs_code = goods.heading * 1_000_000 + SUBHEADINGS.get(sub).copied().unwrap_or(0);
    declaration.agency = goods
        .agency
        .filter(|(_, share)| dice.chance(*share))
        .map(|(agency, _)| agency);
    let by_air = if declaration.mode == Mode::Air {
        0.5
    } else {
        1.0
    };
    let usd = goods.value_usd * by_air * dice.log_normal_factor(0.95);
    declaration.net_mass_kg =
        whole_unsigned(usd / goods.usd_per_kg * by_air * dice.log_normal_factor(0.3)).max(1);
    declaration.packages =
        whole_unsigned((declaration.net_mass_kg as f64 / 25.0).powf(0.85) * dice.between(0.6, 1.4))
            .max(1);
    // About 12,350 soum per US dollar, 4 % dearer by the end of the log; whole soums.
    let soum = whole_unsigned(usd * (12_350.0 + 500.0 * progress)).max(10_000);
    declaration.customs_value = soum * 100;
    let (initial, exempted) = match declaration.direction {
        Direction::Import => {
            // VAT of 12 % on value and duty; a declaration is freed from all of it or from none.
            let duty = declaration.customs_value * goods.duty_permille / 1000;
            let full = duty + (declaration.customs_value + duty) * 12 / 100 + FEE;
            if dice.chance(goods.exempt) {
                (FEE, full - FEE)
            } else {
                (full, 0)
            }
        }
        Direction::Export => (FEE, 0),
        Direction::Transit => (0, 0),
    };
    declaration.assessed_initial = initial;
    declaration.assessed = initial;
    declaration.exempted = exempted;
    declaration.first_payment = initial;
    goods
}

/// The customs fee of a declaration, 412,000 soum in hundredths.
const FEE: u64 = 41_200_000;

/// Yellow and red shares by direction, times the corridor's, the goods' and the trader's risk.
fn select_lane(
    world: &World,
    dice: &mut Dice,
    declaration: &Declaration,
    goods_risk: f64,
) -> (Lane, Option<Reason>) {
    let (yellow, red, blue) = match declaration.direction {
        Direction::Import => (0.25, 0.135, 0.04),
        Direction::Export => (0.13, 0.045, 0.01),
        Direction::Transit => (0.18, 0.075, 0.0),
    };
    let corridor = world
        .network
        .corridors
        .get(declaration.corridor)
        .map_or(1.0, |one| one.risk);
    let trust = if declaration.aeo { 0.25 } else { 1.08 };
    let risk = corridor * goods_risk * trust;
    let draw = dice.share();
    let by_profile = dice.share();
    let reason = |profile_share: f64, random_share: f64| {
        if by_profile < profile_share {
            Reason::Profile
        } else if by_profile < profile_share + random_share {
            Reason::Random
        } else {
            Reason::Officer
        }
    };
    if draw < red * risk {
        (Lane::Red, Some(reason(0.74, 0.20)))
    } else if draw < (red + yellow) * risk {
        (Lane::Yellow, Some(reason(0.82, 0.18)))
    } else if draw > 1.0 - blue {
        (Lane::Blue, None)
    } else {
        (Lane::Green, None)
    }
}

impl Declaration {
    fn blank(number: u64, corridor: usize) -> Self {
        Self {
            number,
            id: String::with_capacity(24),
            corridor,
            crossing: 0,
            office: String::with_capacity(5),
            cleared_at_border: false,
            direction: Direction::Import,
            regime: "IM40",
            mode: Mode::Road,
            first_lane: (Lane::Green, None),
            lane: (Lane::Green, None),
            finding: Finding::None,
            audit_finding: Finding::None,
            trader: 0,
            aeo: false,
            carelessness: 1.0,
            origin: *b"UZ",
            destination: *b"UZ",
            hs_code: 0,
            agency: None,
            paperless: true,
            payment: Payment::Electronic,
            packages: 1,
            net_mass_kg: 1,
            distance_km: 1,
            customs_value: 0,
            assessed_initial: 0,
            assessed: 0,
            exempted: 0,
            first_payment: 0,
            pending: 0,
        }
    }
}
