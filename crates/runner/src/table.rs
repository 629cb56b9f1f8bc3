//! Tables on standard output.

use comfy_table::Table;
use comfy_table::presets::NOTHING;

/// A table with `header` and without lines.
pub(crate) fn table<'h>(header: impl IntoIterator<Item = &'h str>) -> Table {
    let mut table = Table::new();
    let header: Vec<_> = header.into_iter().collect();
    table.load_style(NOTHING).set_header(header);
    table
}
