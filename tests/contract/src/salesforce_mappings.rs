//! What a record, a customer and a note are in a Salesforce org is for its config to say. The contract holds for the
//! usual mapping; here is the part of it that depends on the mapping. Only cases are ever closed for good, and are
//! followed up.

use casewire_salesforce::{AttachTo, CustomerObject, RecordObject, SessionData, SessionDataObject};

use crate::vendor::{Mapping, Sandboxed, salesforce_with};

macro_rules! mapping {
    ($name:ident: $record:ident of $customer:ident with $object:ident on $attach_to:ident; $($more:item)*) => {
        mod $name {
            use super::*;

            async fn new(seed: u64) -> Sandboxed {
                let session_data = SessionData {
                    object: SessionDataObject::$object,
                    attach_to: AttachTo::$attach_to,
                };
                let mapping = Mapping {
                    record: RecordObject::$record,
                    customer: CustomerObject::$customer,
                    session_data,
                };
                salesforce_with(seed, mapping).await
            }

            scenarios! { new;
                finding:
                    c1_created_record_is_read_by_id_while_the_index_lags
                    c1_created_record_is_found_when_the_index_has_caught_up
                    c2_of_two_customers_the_one_created_last_counts
                    c3_records_are_found_across_all_pages
                    c3_resolved_record_is_found_with_its_time;
                creating:
                    c5_created_record_with_lost_answer_is_found_by_its_trace
                    c5_created_record_is_found_without_its_customer
                    c6_same_new_record_makes_one
                    c6_same_new_record_after_a_restart_makes_one
                    c6_new_customer_is_created_once_while_the_index_lags
                    c6_anonymous_callers_are_apart_or_one;
                appending:
                    c5_appended_note_with_lost_answer_is_found_by_its_trace
                    c5_appended_session_is_found_whatever_is_wanted
                    c6_same_append_after_a_restart_writes_once
                    c6_several_sessions_join_in_one_write
                    c6_append_known_in_part_adds_the_rest
                    c7_notes_keep_their_exact_text
                    c7_no_note_is_public
                    c8_resolved_record_opens_again
                    c8_late_note_opens_nothing
                    c8_deleted_record_is_not_found
                    c9_changed_record_is_a_conflict
                    c10_owner_is_set_and_otherwise_stays;
            }

            $($more)*
        }
    };
}

/// People have e-mail addresses, and companies none.
macro_rules! mapping_to_people {
    ($($mapping:tt)+) => {
        mapping! { $($mapping)+;
            scenarios! { new;
                finding:
                    c2_unknown_customer_is_none
                    c2_customer_is_found_by_each_key;
                creating:
                    c4_new_record_has_all_that_was_given;
            }

            #[tokio::test]
            async fn campaign_through_faults_writes_every_session_once() {
                crate::campaign::one_lane_at_a_time(new, 5).await;
            }
        }
    };
}

mapping_to_people!(case_with_entries: Case of Contact with SessionEntry on Record);
mapping_to_people!(case_with_tasks_on_its_account: Case of Contact with Activity on Account);
mapping_to_people!(case_of_person_account: Case of PersonAccount with Activity on Record);
mapping!(case_of_company: Case of Account with Activity on Record;);
mapping!(opportunity: Opportunity of Account with Activity on Record;);
mapping_to_people!(opportunity_of_contact: Opportunity of Contact with SessionEntry on Record);
mapping_to_people!(opportunity_with_entries_on_its_account: Opportunity of PersonAccount with SessionEntry on Account);
mapping!(task_on_company: Account of Account with Activity on Record;);
mapping_to_people!(task_on_person_account: Account of PersonAccount with Activity on Record);
mapping_to_people!(task_on_contact: Contact of Contact with Activity on Record);
mapping_to_people!(task_on_lead: Lead of Lead with Activity on Record);
mapping_to_people!(task_on_lead_with_entries: Lead of Lead with SessionEntry on Record);
