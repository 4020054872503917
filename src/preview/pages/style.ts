/** The desk is a contact sheet on a light table; the pages are the pictures, and everything else stays quiet. */
export const STYLE = `
:root { color-scheme: light dark; --table: #eceae4; --paper: #fbfaf7; --ink: #20211e; --quiet: #5d5f58; --line: #cfccc2; --mark: #17594a;
  --on-mark: #fdfcf9; --good: #1c6b4c; --wait: #8a4b00; --bad: #a3261a; --bar: #d9d6cc; --shade: 0 1px 2px #0002, 0 10px 30px -12px #0004; }
@media (prefers-color-scheme: dark) { :root { --table: #111311; --paper: #1b1e1b; --ink: #ebe9e2; --quiet: #a6a99f; --line: #383c37;
  --mark: #8fd0b8; --on-mark: #10201a; --good: #7fd0a6; --wait: #eab464; --bad: #ff9d8f; --bar: #363a35; --shade: 0 0 0 1px #2c302b; } }
*, ::before, ::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--table); color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  overflow-wrap: break-word; }
a { color: var(--mark); text-underline-offset: .18em; }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; border-radius: 2px; }
code, input[name=path] { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: .9em; }
h1, h2, h3, h4, p, ul, dl, fieldset { margin: 0; }
ul { padding: 0; list-style: none; }
button { padding: .45rem .9rem; border: 1px solid var(--mark); border-radius: .4rem; background: var(--paper); color: var(--mark);
  font: inherit; font-weight: 600; cursor: pointer; }
.skip { position: absolute; left: -200vw; padding: .5rem 1rem; background: var(--paper); }
.skip:focus { left: 1rem; top: .5rem; z-index: 1; }
.top { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: .25rem 2rem; padding: .9rem clamp(1rem, 3vw, 2.5rem); }
.name { font-weight: 650; }
.name span { color: var(--quiet); font-weight: 400; }
.top nav { display: flex; gap: 1.5rem; }
.top nav a { padding-block: .2rem; color: var(--ink); text-decoration: none; border-bottom: 2px solid transparent; }
.top nav a:hover, .top nav a[aria-current] { border-color: var(--mark); }
main { max-width: 90rem; margin: 0 auto; padding: 1rem clamp(1rem, 3vw, 2.5rem) 6rem; }
main:focus { outline: none; }
h1 { font-size: clamp(1.6rem, 1.2rem + 1.8vw, 2.5rem); font-weight: 500; line-height: 1.15; letter-spacing: -.015em; }
.intro { max-width: 46rem; margin-top: .6rem; color: var(--quiet); }
h2 { margin: 2.75rem 0 .25rem; font-size: 1rem; font-weight: 650; }
h3 { font-size: 1.25rem; line-height: 1.25; font-weight: 600; }
h3 a { color: inherit; text-decoration-color: var(--line); }
h3 a:hover { text-decoration-color: var(--mark); }
h4 { margin-top: 1rem; font-size: .875rem; font-weight: 650; }

/* Contact sheet: 390 by 844 and 1440 by 900, scaled to one height */
.card { --tall: 300; display: grid; grid-template-columns: auto minmax(15rem, 1fr); gap: 1.25rem clamp(1.25rem, 3vw, 3rem); padding-block: 1.75rem; border-top: 1px solid var(--line); }
.shots { display: flex; gap: 1rem; align-items: start; }
.shots div { overflow: hidden; border-radius: 6px; background: var(--paper); box-shadow: var(--shade); }
.shots .phone { border-radius: 14px; width: calc(var(--tall) * 390 / 844 * 1px); height: calc(var(--tall) * 1px); }
.shots .desktop { width: calc(var(--tall) * 1.6px); height: calc(var(--tall) * 1px); }
.shots iframe { display: block; border: 0; transform-origin: 0 0; pointer-events: none; }
.phone iframe { width: 390px; height: 844px; transform: scale(calc(var(--tall) / 844)); }
.desktop iframe { width: 1440px; height: 900px; transform: scale(calc(var(--tall) / 900)); }
@media (max-width: 74rem) { .card { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 42rem) { .card { --tall: 150; } .shots { gap: .6rem; } }
.gets { display: flex; flex-wrap: wrap; gap: .2rem .75rem; align-items: baseline; margin-top: .5rem; }
.gets span, .weight, .fits, .beacons, details { color: var(--quiet); font-size: .9375rem; }
.status { font-variant-numeric: tabular-nums; color: var(--good); }
.status[data-status="4"] { color: var(--wait); } .status[data-status="5"] { color: var(--bad); }
.beacons b { font-weight: 400; color: var(--ink); margin-right: .5em; }
.weight { margin-top: .35rem; font-variant-numeric: tabular-nums; }
.fits { display: grid; gap: .6rem; margin-top: .9rem; max-width: 34rem; }
.fits li { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; font-variant-numeric: tabular-nums; }
.fits li > :first-child { color: var(--ink); }
.fits small { color: var(--quiet); font-size: .875rem; }
.fits svg { flex: 1 0 100%; width: 100%; height: 4px; margin-top: .2rem; border-radius: 2px; }
.room { fill: var(--bar); } .used { fill: var(--mark); }
.over .used { fill: var(--bad); } .over > span + span { color: var(--bad); font-weight: 600; } .aside .used { fill: var(--quiet); }
details { margin-top: .9rem; }
summary { width: fit-content; cursor: pointer; }
dl div { display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: .75rem; padding-block: .2rem; }
dt { color: var(--ink); } dd { margin: 0; overflow-wrap: anywhere; }
.problem { margin-top: .5rem; color: var(--bad); font-weight: 600; }
.embargo { margin-top: .5rem; font-weight: 600; }
.embargo::first-letter { text-transform: uppercase; }

/* As visitors see it */
h1.aside { font-size: 1rem; font-weight: 650; letter-spacing: 0; }
.bench { display: grid; gap: .9rem 1.5rem; grid-template-columns: minmax(0, 1fr) auto; align-items: end; margin-top: .75rem; }
.address { display: flex; gap: .5rem; align-items: center; }
.address input { flex: 1; min-width: 4rem; }
.address label { position: absolute; left: -200vw; }
input[name=path], select { padding: .5rem .7rem; border: 1px solid var(--quiet); border-radius: .4rem; background: var(--paper); color: var(--ink); }
select { font: inherit; }
.switches { display: flex; flex-wrap: wrap; gap: .75rem 1.75rem; align-items: end; grid-column: 1 / -1; grid-row: 2; }
.scripted .send { display: none; }
.choice, .width { display: inline-flex; padding: 0; border: 0; }
legend, .hold { font-size: .875rem; color: var(--quiet); }
legend { padding: 0; margin-bottom: .25rem; }
.hold { display: grid; gap: .25rem; }
.choice label, .width label { position: relative; cursor: pointer; }
.choice input, .width input { position: absolute; inset: 0; opacity: 0; margin: 0; cursor: pointer; }
.choice span, .width span { display: block; padding: .45rem .9rem; border: 1px solid var(--quiet); margin-left: -1px; background: var(--paper); }
label:first-of-type span { border-radius: .4rem 0 0 .4rem; margin-left: 0; } label:last-of-type span { border-radius: 0 .4rem .4rem 0; }
input:checked + span { background: var(--mark); border-color: var(--mark); color: var(--on-mark); }
input:focus-visible + span { outline: 3px solid var(--mark); outline-offset: 2px; z-index: 1; position: relative; }
.last { grid-column: 1 / -1; min-height: 1.5em; font-size: .9375rem; }
.stage { grid-column: 1 / -1; overflow: hidden; border-radius: 6px; background: var(--paper); box-shadow: var(--shade); margin-inline: auto; width: 100%; }
.stage iframe { display: block; width: 100%; height: max(30rem, calc(100vh - 17rem)); border: 0; }
.bench:has([value=phone]:checked) .stage { width: 390px; max-width: 100%; border-radius: 14px; }
.bench:has([value=tablet]:checked) .stage { width: 820px; max-width: 100%; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .55rem 1.5rem .55rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; }
thead th { color: var(--quiet); font-size: .875rem; }
th button { padding: 0; border: 0; background: none; font-weight: 400; text-align: left; text-decoration: underline; text-underline-offset: .18em; }
td:last-child { color: var(--quiet); }
@media (max-width: 42rem) { .bench { grid-template-columns: minmax(0, 1fr); } .switches { grid-row: auto; }
  thead { position: absolute; left: -200vw; } tr { display: block; padding-block: .55rem; border-bottom: 1px solid var(--line); } th, td { display: block; padding: 0; border: 0; } }

#trouble { position: fixed; inset: auto 0 0; max-height: 60vh; overflow: auto; padding: 1rem clamp(1rem, 3vw, 2.5rem); background: #7a1f14; color: #fff;
  font: .9375rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
#trouble p + p { margin-top: .5rem; }
`;
