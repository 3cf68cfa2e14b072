//! The `siemc` binary: hands its arguments to the library.

/// A run makes and drops small values for each event.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    // This thread works too, instead of waiting for others: fewer threads, each of which has memory of its own. There is no pool yet.
    let _ = rayon::ThreadPoolBuilder::new().use_current_thread().build_global();
    siemc::cli::main(std::env::args_os())
}
