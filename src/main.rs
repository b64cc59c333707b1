//! The program `clearway`: reads the clock once, runs the command line, sets the exit status.

use std::process::ExitCode;

use clearway::error::ExitStatus;

fn main() -> ExitCode {
    // The only look at the clock: no logged event can lie after tomorrow.
    #[expect(
        clippy::disallowed_methods,
        reason = "the run clock is read once, here"
    )]
    let today = jiff::Timestamp::now();
    let run = || clearway::cli::main(std::env::args_os(), today);
    // A panic is a bug of ours; it has said what and where on standard error.
    let status = std::panic::catch_unwind(run).unwrap_or(ExitStatus::Internal);
    ExitCode::from(status as u8)
}
