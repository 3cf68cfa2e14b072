//! The `siemc` binary: hands its arguments to the library.

fn main() -> std::process::ExitCode {
    siemc::cli::main(std::env::args_os())
}
