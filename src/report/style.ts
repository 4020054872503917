/** Colours are told apart in light and dark, and by people who do not see red and green apart (after Okabe and Ito). */
export const STYLE = `
:root { color-scheme: light dark; --text: #1d2329; --soft: #5b6670; --line: #d8dde2; --back: #fff;
  --static: #0072b2; --dynamic: #e69f00; --holding: #cc5f9a; --missing: #8a8f94; --asset: #56b4e9; --inbox: #009e73;
  --redirect: #b7a83a; --refused: #d55e00; --pixel: #7a5fc0; --beacon: #3d4a57; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ec; --soft: #a0abb5; --line: #39424b; --back: #14181c;
  --static: #3d9fdc; --dynamic: #f0b429; --holding: #e07fb4; --missing: #8f979e; --pixel: #a48be6; --beacon: #c3ced8; --asset: #8ad3f7; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: clamp(1.4rem, 5vw, 2.2rem); line-height: 1.2; font-weight: 400; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2.2rem 0 .5rem; }
.when, .note, footer { color: var(--soft); margin: 0; }
.note, footer { font-size: .875rem; margin-top: .6rem; }
footer { margin-top: 2.5rem; overflow-wrap: anywhere; }
figure { margin: 0; }
figcaption { display: flex; flex-wrap: wrap; gap: .1rem 1rem; font-size: .875rem; margin-bottom: .6rem; }
.key::before, th i { content: ''; display: inline-block; width: .7em; height: .7em; border-radius: 2px; margin-right: .4em;
  background: var(--of); }
.plot { display: grid; grid-template-columns: auto 1fr; gap: .5rem; height: clamp(9rem, 40vw, 15rem); }
.scale { display: flex; flex-direction: column; justify-content: space-between; text-align: right; margin: -.6em 0;
  font-size: .75rem; line-height: 1.2; color: var(--soft); font-variant-numeric: tabular-nums; min-width: 2.6rem; }
svg { display: block; width: 100%; height: 100%; min-width: 0; border-bottom: 1px solid var(--soft); }
svg path { fill: var(--of); }
svg .grid { fill: none; stroke: var(--text); stroke-opacity: .25; stroke-dasharray: 2 4; vector-effect: non-scaling-stroke; }
.times { display: grid; grid-template-columns: 1fr auto 1fr; gap: .5rem; padding: .3rem 0 0 3.1rem; font-size: .75rem;
  color: var(--soft); font-variant-numeric: tabular-nums; }
.times :last-child { text-align: right; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .3rem 0 .3rem .8rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line);
  font-variant-numeric: tabular-nums; }
th:first-child { text-align: left; padding-left: 0; font-weight: 400; }
thead th { color: var(--soft); font-weight: 400; font-size: .875rem; }
.sum > * { border-bottom-color: var(--soft); }
.sum th:first-child, .sum td { font-weight: 700; }
.top td:first-child { width: 1%; white-space: nowrap; padding-left: 0; }
.top .path { text-align: left; overflow-wrap: anywhere; }
ul { margin: 0; padding-left: 1rem; font-size: .875rem; color: var(--soft); }
.k-static { --of: var(--static); } .k-dynamic { --of: var(--dynamic); } .k-holding { --of: var(--holding); }
.k-404 { --of: var(--missing); } .k-inbox { --of: var(--inbox); } .k-asset { --of: var(--asset); }
.k-redirect { --of: var(--redirect); } .k-refused { --of: var(--refused); } .k-pixel { --of: var(--pixel); }
.k-beacon { --of: var(--beacon); }
`;
