//! The same diagram as a page: hovering an event tells of it, and marks its causal past and future.

use super::diagram::Diagram;
use super::svg::{details, picture};
use super::{Exported, escaped};
use serde_json::json;
use std::io::{self, Write};

/// The past is blue and underlaid, the future orange and ringed; the rest fades, which is seen in grey as well.
const STYLE: &str = "\
body{margin:0 0 90px;font-family:ui-monospace,Menlo,Consolas,monospace}#told{position:fixed;right:8px;bottom:8px;max-width:46em;
background:#fff;border:1px solid #333;padding:6px 10px;white-space:pre-wrap;font-size:12px;pointer-events:none}
.chosen .events,.chosen .message{opacity:.18}.chosen .past,.chosen .future,.chosen .here{opacity:1}
.past .dot{fill:#1b6fd1;stroke:#1b6fd1}.future .dot{fill:#fff;stroke:#d9730d;stroke-width:3}.here .dot{stroke-width:7}
.events{cursor:pointer}@media print{#told{display:none}}";

/// One dot knows of another's first event where its vector holds at least that event's number.
const SCRIPT: &str = "\
const svg=document.querySelector('svg'),told=document.getElementById('told'),hint=told.textContent;
const dots=[...svg.querySelectorAll('.events')],ways=[...svg.querySelectorAll('.message')];
const knows=(a,b)=>D[a].known[D[b].node]>=D[b].first;
function mark(here){
  const past=i=>knows(here,i),future=i=>knows(i,here);
  svg.classList.add('chosen');
  dots.forEach((g,i)=>g.setAttribute('class','events '+(i===here?'here':past(i)?'past':future(i)?'future':'')));
  ways.forEach(g=>{const s=+g.dataset.s,r=+g.dataset.r;
    const p=r>=0&&s>=0&&past(r),f=s>=0&&(s===here||future(s));
    g.setAttribute('class','message '+(p?'past':f?'future':''))});
  told.textContent=D[here].text;
}
function clear(){svg.classList.remove('chosen');dots.forEach(g=>g.setAttribute('class','events'));
  ways.forEach(g=>g.setAttribute('class','message'));told.textContent=hint}
dots.forEach((g,i)=>{g.addEventListener('mouseenter',()=>mark(i));g.addEventListener('mouseleave',clear)});";

/// Writes the page. It needs nothing from elsewhere.
pub fn html(run: &Exported<'_>, out: &mut dyn Write) -> io::Result<()> {
    let diagram = Diagram::new(run);
    let trace = run.trace;
    let dot = |dot: &super::diagram::Dot| {
        let (first, last) = (dot.events[0], dot.events[dot.events.len() - 1]);
        json!({
            "node": trace.node(first).map(|node| node.index()),
            "first": trace.record(first).own(),
            "known": trace.vector(last),
            "text": details(run, dot).join("\n"),
        })
    };
    let dots: Vec<_> = diagram.dots.iter().map(dot).collect();
    // `</` within a script would end it.
    let data = serde_json::Value::from(dots).to_string().replace("</", "<\\/");
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")?;
    writeln!(out, "<title>{}</title>\n<style>{STYLE}</style></head><body>", escaped(&run.name))?;
    write!(out, "{}", picture(run, &diagram, false))?;
    writeln!(
        out,
        "<div id=\"told\">Point at an event: its past turns blue, its future is ringed, the rest fades.</div>"
    )?;
    writeln!(out, "<script>\nconst D={data};\n{SCRIPT}\n</script></body></html>")?;
    out.flush()
}
