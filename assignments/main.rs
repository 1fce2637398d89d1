//! The command line of Pessimist, with your protocol in it: cargo run -- view scenarios/NAME.ron

fn main() -> std::process::ExitCode {
    pessimist::cli::main_with(lab::registry())
}
