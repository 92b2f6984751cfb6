//! Imports the lots of a sale.
