//! The list of scenarios, and a test of each for a vendor.

use std::collections::BTreeSet;

/// Gives a vendor its tests; `$new` makes a harness from a seed.
macro_rules! contract {
    ($vendor:ident, $new:path) => {
        mod $vendor {
            whole_contract! { $new;
                finding:
                    c1_created_record_is_read_by_id_while_the_index_lags
                    c1_created_record_is_found_when_the_index_has_caught_up
                    c2_unknown_customer_is_none
                    c2_customer_is_found_by_each_key
                    c2_of_two_customers_the_one_created_last_counts
                    c2_unknown_record_is_none
                    c2_agent_is_found_by_address_and_an_unknown_one_is_none
                    c3_records_are_found_across_all_pages
                    c3_resolved_record_is_found_with_its_time
                    c5_session_is_found_after_its_number_went_to_another_customer;
                creating:
                    c4_new_record_has_all_that_was_given
                    c4_unavailable_crm_makes_no_record
                    c5_created_record_with_lost_answer_is_found_by_its_trace
                    c5_created_record_is_found_without_its_customer
                    c6_same_new_record_makes_one
                    c6_same_new_record_after_a_restart_makes_one
                    c6_new_customer_is_created_once_while_the_index_lags
                    c6_anonymous_callers_are_apart_or_one
                    c8_closed_record_is_followed_up;
                appending:
                    c4_unavailable_crm_takes_no_note
                    c5_appended_note_with_lost_answer_is_found_by_its_trace
                    c5_appended_session_is_found_whatever_is_wanted
                    c5_several_sessions_with_lost_answer_are_found_by_their_traces
                    c6_same_append_writes_once
                    c6_same_append_after_a_restart_writes_once
                    c6_several_sessions_join_in_one_write
                    c6_append_known_in_part_adds_the_rest
                    c7_notes_keep_their_exact_text
                    c7_no_note_is_public
                    c8_resolved_record_opens_again
                    c8_late_note_opens_nothing
                    c8_closed_record_is_a_conflict
                    c8_deleted_record_is_not_found
                    c9_changed_record_is_a_conflict
                    c10_tags_are_added_and_peoples_tags_stay
                    c10_owner_is_set_and_otherwise_stays;
                trouble:
                    c4_write_that_may_have_been_done_is_uncertain
                    c4_broken_answer_is_protocol
                    c4_append_that_stops_half_way_is_uncertain_and_completed
                    c4_creation_that_stops_half_way_is_uncertain_and_completed
                    c11_expired_credentials_are_renewed
                    c11_credentials_that_stay_refused_are_auth
                    c12_slow_down_is_obeyed
                    c12_endless_slow_down_is_rate_limited_with_its_delay
                    c12_read_survives_one_failure
                    c12_endless_failure_is_unavailable
                    c13_nothing_private_is_told;
            }
        }
    };
}

macro_rules! whole_contract {
    ($new:path; $($module:ident: $($scenario:ident)+;)+) => {
        scenarios! { $new; $($module: $($scenario)+;)+ }

        #[tokio::test]
        async fn campaign_through_faults_writes_every_session_once() {
            crate::campaign::one_lane_at_a_time($new, 60).await;
        }

        #[tokio::test]
        async fn campaign_side_by_side_writes_every_session_once() {
            crate::campaign::lanes_side_by_side($new, 20).await;
        }

        #[test]
        fn every_clause_has_a_scenario() {
            crate::contract::assert_all_clauses(&[$($(stringify!($scenario)),+),+]);
        }
    };
}

/// A test of each of these scenarios.
macro_rules! scenarios {
    ($new:path; $($module:ident: $($scenario:ident)+;)+) => {
        $($(
            #[tokio::test]
            async fn $scenario() {
                crate::scenarios::$module::$scenario(Box::new($new(0).await)).await;
            }
        )+)+
    };
}

/// Fails when a clause in the trait's documentation has no scenario, or a scenario no clause.
pub(crate) fn assert_all_clauses(scenarios: &[&str]) {
    let trait_file = include_str!("../../../crates/core/src/connector.rs");
    let clauses: BTreeSet<_> = trait_file
        .lines()
        .filter_map(|line| line.strip_prefix("/// * **C")?.split_once("**"))
        .map(|(number, _)| format!("c{number}"))
        .collect();
    let covered: BTreeSet<_> = scenarios
        .iter()
        .filter_map(|name| Some(name.split_once('_')?.0.to_owned()))
        .collect();
    assert!(
        clauses.contains("c1"),
        "the trait's documentation has no clauses"
    );
    assert_eq!(
        clauses, covered,
        "clauses of the trait, and those with a scenario"
    );
}
