//! Events put into the order in which they are stored.

use rayon::prelude::*;

use super::columns::Event;

/// The places of so many events adjoin: events and numbers of these fit the memory next to a processor.
const ADJOINING: usize = 1 << 14;

/// An event on the way to its place.
struct OnItsWay {
    /// Counted from the first of those that adjoin.
    place: u32,
    number: u32,
    event: Event,
}

/// Puts each event into the place that `place` gives it, which no other has and which is below their number: by place the
/// numbers of the events, and the events. In two steps: from anywhere in a run to anywhere each would be a long way to memory. First
/// they are dealt out by the part of the order that they belong to, then each part is put in order, on all cores.
pub(super) fn put_in_place(
    events: &[Event],
    mut place: impl FnMut(&Event) -> Option<usize>,
) -> (Vec<u32>, Vec<Event>) {
    let part = |_| Vec::with_capacity(ADJOINING);
    let parts = 0..events.len().div_ceil(ADJOINING);
    let mut parts: Vec<Vec<OnItsWay>> = parts.map(part).collect();
    for (number, event) in (0_u32..).zip(events) {
        let Some(place) = place(event) else { continue };
        if let Some(part) = parts.get_mut(place / ADJOINING) {
            part.push(OnItsWay {
                place: u32::try_from(place % ADJOINING).unwrap_or(u32::MAX),
                number,
                event: *event,
            });
        }
    }
    debug_assert_eq!(
        parts.iter().map(Vec::len).sum::<usize>(),
        events.len(),
        "each event has a place"
    );
    let mut numbers = vec![0; events.len()];
    let mut placed = vec![Event::default(); events.len()];
    let places = numbers.par_chunks_mut(ADJOINING);
    let places = places.zip(placed.par_chunks_mut(ADJOINING));
    places.zip(parts).for_each(|((numbers, events), part)| {
        for one in part {
            let place = one.place as usize;
            let slots = numbers.get_mut(place).zip(events.get_mut(place));
            if let Some((number, event)) = slots {
                (*number, *event) = (one.number, one.event);
            }
        }
    });
    (numbers, placed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        /// In one part and in several.
        #[test]
        fn each_event_comes_to_its_place(
            places in (0..3 * ADJOINING).prop_flat_map(|length| Just((0..length).collect::<Vec<_>>()).prop_shuffle()),
        ) {
            let events: Vec<Event> = (0..).take(places.len()).map(|detail| Event { detail, ..Event::default() }).collect();
            let (numbers, placed) = put_in_place(&events, |event| places.get(event.detail as usize).copied());
            prop_assert_eq!(numbers.len(), events.len());
            for ((event, place), number) in events.iter().zip(&places).zip(0_u32..) {
                prop_assert_eq!((numbers[*place], placed[*place]), (number, *event));
            }
        }
    }
}
