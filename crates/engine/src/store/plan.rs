//! How SQLite means to answer a query, for tests.

use rusqlite::{Connection, params_from_iter};

/// The steps, a line each.
pub(super) fn plan(query: &str) -> String {
    let sql = Connection::open_in_memory().unwrap();
    sql.execute_batch(include_str!("schema.sql")).unwrap();
    let mut plan = sql.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
    let parameters = vec![1; plan.parameter_count()];
    let steps = plan.query_map(params_from_iter(parameters), |row| row.get::<_, String>(3));
    steps.unwrap().map(|step| step.unwrap() + "\n").collect()
}
