/** Of the page at `/`. One string, so that its content security policy can allow only its hash. */
export const style = `
:root{color-scheme:light dark;--ink:#1f2328;--paper:#fff;--soft:#57606a;--line:#d0d7de;--use:#2f7ed8;--ask:#d9730d;--bad:#b42318}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--soft:#9aa4af;--line:#30363d;--bad:#ff8078}}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:52rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{margin:0;font-size:1.6rem;overflow-wrap:anywhere}h2{margin:2rem 0 .6rem;font-size:1.15rem}small,.soft{color:var(--soft);font-size:.9rem;font-weight:400}
a{color:inherit}
.graphs{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,14rem),1fr));gap:1rem 1.5rem}.graphs>:first-child{grid-column:1/-1}
figure{margin:0}figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 1rem;font-size:.9rem;font-variant-numeric:tabular-nums}
figcaption b{font-weight:600}.scale{display:flex;justify-content:space-between;font-size:.8rem;color:var(--soft);font-variant-numeric:tabular-nums}
svg{display:block;width:100%;height:3.5rem;border:solid var(--line);border-width:1px 0}.graphs>:first-child svg{height:9rem}
path{fill:none;stroke-width:2;vector-effect:non-scaling-stroke}.area{fill:var(--use);fill-opacity:.2}.line{stroke:var(--use)}.second{stroke:var(--ask);stroke-dasharray:5 4}.limit{stroke:var(--soft);stroke-width:1}
.key::before{content:"";display:inline-block;width:1.2rem;margin-right:.4rem;vertical-align:middle;border-top:2px solid var(--use)}.key.dashed::before{border-top:2px dashed var(--ask)}
form{display:flex;flex-wrap:wrap;gap:.75rem;align-items:start}form>div{max-width:11rem}label{display:flex;flex-direction:column;font-size:.85rem;color:var(--soft)}
input,select,button{font:inherit;color:var(--ink);background:var(--paper);border:1px solid var(--soft);border-radius:.35rem;padding:.3rem .5rem}input[type=number]{width:6rem}input[type=password]{width:10rem}button{cursor:pointer}
[aria-invalid=true]{border-color:var(--bad);outline:1px solid var(--bad)}.problem,#message{color:var(--bad)}.problem{font-size:.85rem}#message:empty,#away:empty{display:none}
.buttons{display:flex;gap:.75rem;padding-top:1.3rem}td button{padding:0 .5rem;font-size:.85rem}
.scroll{overflow-x:auto;margin-top:1rem}table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}th,td{padding:.3rem .8rem .3rem 0;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}th.text,td.text{text-align:left}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.5rem 1rem;margin:0}dt{font-size:.85rem;color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
`
