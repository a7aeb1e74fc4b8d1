/** Of the page of results; its hash is in the page's policy, so that no other style counts. */
export const style = `
:root{color-scheme:light dark;--ink:#1f2328;--paper:#fff;--soft:#57606a;--line:#d0d7de;--good:#1a7f37;--bad:#b42318;--doubt:#8a5a00;--link:#0a58b5;--a:#0a58b5;--b:#b35300;--raised:#f6f8fa}
@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--soft:#9aa4af;--line:#30363d;--good:#4ac26b;--bad:#ff8078;--doubt:#e3b341;--link:#79b8ff;--a:#79b8ff;--b:#ffa657;--raised:#161b22}}
*{box-sizing:border-box}[hidden]{display:none!important}
body{margin:0 auto;padding:1.5rem 1rem 5rem;max-width:72rem;font:16px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
h1{margin:0 0 .75rem;font-size:1.7rem}h2{margin:0 0 .5rem;font-size:1.2rem}h3{margin:1.2rem 0 .4rem;font-size:1rem}
a{color:var(--link)}button,select,input{font:inherit;font-size:.9rem;color:inherit;background:var(--paper);border:1px solid var(--line);border-radius:.3rem;padding:.2rem .45rem;max-width:100%}
button{background:var(--raised);cursor:pointer}button:disabled{color:var(--soft);cursor:default}
:focus-visible{outline:2px solid var(--link);outline-offset:1px}
form{display:flex;flex-wrap:wrap;gap:.5rem .8rem;align-items:end}form label{display:flex;flex-direction:column;min-width:0;font-size:.8rem;color:var(--soft)}form select{max-width:11rem}form select,form input{color:var(--ink)}form .text{flex:1 1 14rem}form .check{flex-direction:row;align-items:center;gap:.3rem;padding-bottom:.35rem}
#found{margin:.7rem 0;color:var(--soft);font-size:.9rem}
table{width:100%;border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .4rem;text-align:right;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{font-weight:600}thead button{border:0;padding:.1rem .2rem;background:none;font-weight:600}
th[aria-sort=descending] button::after{content:" ↓"}th[aria-sort=ascending] button::after{content:" ↑"}
#results th:nth-child(2){width:100%;text-align:left;font-weight:400;overflow-wrap:anywhere}
tbody th{font-weight:400}small{display:block;font-size:.8rem;color:var(--soft)}small:empty{display:none}tbody th button,.file{display:inline-block;margin:0 .3rem 0 0;padding:0 .3rem;font-size:.8rem}tbody th a:first-child{margin-right:.4rem}thead th{white-space:nowrap}
.pick{text-align:left;white-space:nowrap}.pick label{margin-right:.4rem}.pick input{margin:0 .15rem 0 0;vertical-align:-1px}
.series{background:var(--raised)}.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.good{color:var(--good)}.bad{color:var(--bad)}.doubt{color:var(--doubt)}s{color:var(--soft)}
.finding{margin:.6rem 0;padding:.4rem .9rem;border-left:.3rem solid}.finding p{margin:0;font-weight:600}.finding ul{color:var(--ink)}
ul{margin:.3rem 0;padding-left:1.2rem}li{margin:.2rem 0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}.figures{width:auto}.figures td{white-space:nowrap}.figures th:first-child{padding-left:0;text-align:left}
pre{margin:0;padding:.5rem .7rem;overflow-x:auto;background:var(--raised);border:1px solid var(--line);border-radius:.3rem;font-size:.85rem}code{overflow-wrap:anywhere}
#sides{margin:1rem 0;padding:.9rem;border:1px solid var(--line);border-radius:.5rem}
#pages{margin:1rem 0;text-align:center}footer{margin-top:2rem;padding-top:.8rem;border-top:1px solid var(--line);font-size:.85rem;color:var(--soft)}
#bar{position:fixed;inset:auto 0 0;padding:.5rem 1rem;text-align:center;background:var(--raised);border-top:1px solid var(--line)}
.spark{display:block;margin-left:auto}.spark polyline{fill:none;stroke:var(--a);stroke-width:1.5}
.drawing{display:block;margin:1rem 0;font-size:12px;overflow:visible}.drawing text{fill:var(--ink)}.drawing .grid,.drawing .middle,.drawing .edge{stroke:var(--line)}.drawing .middle{stroke:var(--ink)}.drawing .edge{stroke:var(--soft);stroke-dasharray:3 3}
.drawing line{stroke-width:1}.drawing line.a,.drawing line.b,.drawing line[class]:not(.grid,.middle,.edge){stroke-width:2.5}
.drawing .a{stroke:var(--a);fill:var(--a)}.drawing .b{stroke:var(--b);fill:var(--b)}.drawing text.a,.drawing text.b{stroke:none}.drawing text.a{fill:var(--a)}.drawing text.b{fill:var(--b)}
.drawing .worse{stroke:var(--bad);fill:var(--bad)}.drawing .better{stroke:var(--good);fill:var(--good)}.drawing .no-difference{stroke:var(--a);fill:var(--a)}.drawing .cannot-tell{stroke:var(--soft);fill:var(--soft)}
.drawing text[class]{stroke:none}
@media(max-width:44rem){.wide{display:none}body{padding:1rem .6rem 6rem}th,td{padding:.3rem .25rem}.pick,thead th{white-space:normal}.pick label{display:block;margin:0 0 .3rem;white-space:nowrap}table{font-size:.85rem}form label{flex:1 1 8rem}form select{max-width:none;width:100%}}
@media print{form,#bar,#pages{display:none}}
`
