fn main() -> std::process::ExitCode {
    pessimist::course::exam::sit(lab::registry)
}
