//! Tables on standard output.

use comfy_table::Table;
use comfy_table::presets::NOTHING;

/// A table with `header` and without lines.
pub(crate) fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(header);
    table
}
