//! argv in, exit status out.

#![forbid(unsafe_code)]

use std::process::ExitCode;

/// Requests are read in one thread, decided in another and answered in a third: glibc's allocator gave memory back to
/// the system, and took it again, at nearly every commit, which cost the server a sixth of its speed.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    auction::cli::main()
}
