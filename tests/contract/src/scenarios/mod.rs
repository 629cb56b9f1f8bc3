//! What every connector does. A name begins with the number of the clause it is about.

pub(crate) mod appending;
pub(crate) mod creating;
pub(crate) mod finding;
pub(crate) mod trouble;
