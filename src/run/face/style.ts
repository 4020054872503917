/** Reads well on a phone at night: large words first, both schemes, colours that differ in lightness too. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1b2126; --soft: #56616b; --line: #d5dade; --back: #fff; --good: #00664b; --warn: #8a5000; --bad: #b3261e; --idle: #7b858d; --look: #0072b2; --render: #b97500; --publish: #009e73; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ec; --soft: #a5b0ba; --line: #39424b; --back: #12161a; --good: #4fd1a5; --warn: #f0b429; --bad: #ff8a80; --idle: #8d979f; --look: #56b4e9; --render: #f0b429; --publish: #4fd1a5; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 52rem; margin: 0 auto; padding: 1rem 1rem 3rem; }
h1 { font-size: 1.3rem; font-weight: 400; margin: 0; }
h2 { font-size: 1rem; margin: 1.8rem 0 .4rem; color: var(--soft); font-weight: 600; }
p { margin: 0; }
a { color: inherit; }
.soft, footer { color: var(--soft); font-size: .875rem; }
footer { margin-top: 2rem; }
.word { font-size: 1.05rem; margin-top: .8rem; overflow-wrap: anywhere; }
.word b { display: block; font-size: clamp(1.8rem, 8vw, 2.8rem); line-height: 1.2; }
.good b { color: var(--good); } .warn b { color: var(--warn); } .bad b { color: var(--bad); }
.banner { font-size: 1.25rem; font-weight: 700; border-left: .4rem solid var(--warn); padding: .3rem .8rem; margin-top: .8rem; overflow-wrap: anywhere; }
.banner.bad { border-color: var(--bad); }
ul { list-style: none; margin: 0; padding: 0; }
li { padding: .4rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.bar { display: block; height: .5rem; background: var(--line); border-radius: .25rem; margin: .25rem 0; overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--good); }
.bar i.warn { background: var(--warn); } .bar i.bad { background: var(--bad); } .bar i.idle { background: var(--idle); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; margin: 0; font-variant-numeric: tabular-nums; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; } dd.bad { color: var(--bad); font-weight: 600; }
figure { margin: 0; }
svg { display: block; width: 100%; height: 7rem; border-bottom: 1px solid var(--soft); }
figcaption { display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .875rem; color: var(--soft); margin-top: .4rem; }
.key::before { content: ''; display: inline-block; width: .7em; height: .7em; border-radius: 2px; margin-right: .4em; background: var(--of); }
.k-look { --of: var(--look); } .k-render { --of: var(--render); } .k-publish { --of: var(--publish); } .k-fail { --of: var(--bad); }
svg path { fill: var(--of); }
dd svg { height: 2rem; } dd svg path { --of: var(--idle); }
figure dl { margin-top: .6rem; font-size: .875rem; align-items: center; }
`;
