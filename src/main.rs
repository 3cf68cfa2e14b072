//! The `siemc` binary: hands its arguments to the library.

/// A run makes and drops small values for each event; about a tenth of its time went to the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    siemc::cli::main(std::env::args_os())
}
