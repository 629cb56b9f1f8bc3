//! `casewire demo`: the sample day into all CRMs at once.

use std::process::Command;

use crate::process::{Ended, binary};

#[test]
fn the_sample_day_gives_the_same_records_twice_and_in_every_crm() {
    let ended: Ended = Command::new(binary())
        .args(["demo", "--once"])
        .output()
        .expect("the command runs")
        .into();
    assert_eq!(ended.code, 0, "{ended:?}");
    let out = &ended.out;
    for crm in ["Salesforce", "Zendesk", "Kustomer", "Freshdesk"] {
        let told = format!("{crm}: 0 sessions changed anything, the same records as before");
        assert!(out.contains(&told), "{out}");
    }
    for outcome in ["created", "appended", "reopened", "follow_up", "none"] {
        assert!(out.contains(outcome), "{outcome}: {out}");
    }
    for rule in 1..=8 {
        assert!(out.contains(&format!(" R{rule} ")), "R{rule}: {out}");
    }
    // What is decided and held does not depend on the CRM; the requests for it do.
    let held = out
        .lines()
        .filter(|line| !line.contains("requests") && !line.contains("writes"));
    let mut compared = 0;
    for line in held {
        let cells = line.split_whitespace();
        let counts: Vec<u32> = cells.map_while(|cell| cell.parse().ok()).collect();
        if let [first, others @ ..] = &counts[..]
            && others.len() == 3
        {
            let is_same = others.iter().all(|other| other == first);
            assert!(is_same, "{line}: {out}");
            compared += 1;
        }
    }
    assert!(compared > 30, "{compared}: {out}");
}
