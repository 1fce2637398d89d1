//! Frames, read by a person before they were accepted.
use super::*;
#[test]
fn dump() {
    for (w, h) in [(80, 24), (120, 40)] {
        let mut m = sized(runs::model(runs::leader_crash()), w, h);
        println!("{}", frame(&m));
        for place in ["e60", "e87", "e735", "e800"] {
            go_to(&mut m, place);
            println!("{}", frame(&m));
        }
        let mut m = sized(runs::model(runs::troubles()), w, h);
        keys(&mut m, "ff");
        println!("{}", frame(&m));
        keys(&mut m, "v");
        println!("{}", frame(&m));
        let mut m = sized(runs::model(runs::with_question()), w, h);
        press(&mut m, KeyCode::End);
        println!("{}", frame(&m));
        keys(&mut m, "23");
        println!("{}", frame(&m));
        press(&mut m, KeyCode::Enter);
        println!("{}", frame(&m));
        keys(&mut m, "?");
        println!("{}", frame(&m));
    }
    println!("{}", frame(&sized(runs::model(runs::tiny()), 80, 24)));
    let mut m = sized(runs::model(runs::crowd()), 80, 24);
    go_to(&mut m, "0.3s");
    println!("{}", frame(&m));
}
