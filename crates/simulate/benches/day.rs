//! A day of events from text to printed decisions, beside what it can not be faster than: reading the text.

use std::hint::black_box;
use std::sync::Arc;

use casewire_core::{CrmConnector as _, MemoryCrm, Rules, SessionEvent, Settings};
use casewire_simulate::{Reorder, Simulation};
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use jiff::{SignedDuration, Timestamp};

const DAY: &str = include_str!("../../runner/demo/day.ndjson");
const WINDOW: SignedDuration = SignedDuration::from_mins(10);

fn main() {
    divan::main();
}

fn events() -> impl Iterator<Item = SessionEvent> {
    let source = Arc::from("//contact-center/sample");
    let incoming = casewire_intake::read(DAY.as_bytes(), &source);
    incoming.map(|incoming| incoming.expect("the sample day is well-formed").event)
}

#[divan::bench]
fn read_only(bencher: Bencher<'_, '_>) {
    bencher
        .counter(ItemsCount::new(DAY.lines().count()))
        .counter(BytesCount::of_str(DAY))
        .bench_local(|| events().for_each(|event| drop(black_box(event))));
}

#[divan::bench]
fn simulate(bencher: Bencher<'_, '_>) {
    let settings = Settings::uniform(Rules {
        append_to_open: true,
        ..Rules::default()
    });
    let crm = MemoryCrm::new(Timestamp::UNIX_EPOCH);
    bencher
        .counter(ItemsCount::new(DAY.lines().count()))
        .counter(BytesCount::of_str(DAY))
        .bench_local(|| {
            let mut simulation = Simulation::new(&settings, crm.profile(), &[], WINDOW);
            let mut reorder = Reorder::new(WINDOW);
            let mut printed = Vec::new();
            let mut print = |line| {
                serde_json::to_writer(&mut printed, &line).expect("a line is plain JSON");
            };
            for event in events() {
                reorder.push(event, None);
                while let Some((event, _)) = reorder.pop() {
                    simulation.observe(&event, None, &mut print);
                }
            }
            while let Some((event, _)) = reorder.pop_any() {
                simulation.observe(&event, None, &mut print);
            }
            simulation.finish(&mut print);
            printed
        });
}
