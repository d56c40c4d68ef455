#pragma once
// The one style sheet of the pages, put into each of them: a page loads nothing.

namespace townd::debug {

inline constexpr char page_style[] = R"css(
:root{color-scheme:light dark;--bg:#f4f6f7;--card:#fff;--ink:#1b2329;--soft:#566470;--line:#dde3e7;
--code:#edf0f2;--link:#1a5aa6;--bad:#ae231b;--bad-bg:#fcebe9;--warn:#845400;--warn-bg:#fdf3dc;
--ok:#17693a;--ok-bg:#e6f4eb;--calm:#60707c;--calm-bg:#eceff1;--f-bad:#d6453b;--f-warn:#d9962a;
--f-ok:#3f9e68;--f-calm:#9aa8b2;--f-info:#4b8bd0}
@media (prefers-color-scheme:dark){:root{--bg:#0f1417;--card:#171d22;--ink:#e2e8ec;--soft:#94a3af;
--line:#29333b;--code:#0e1316;--link:#83b7f2;--bad:#ff8277;--bad-bg:#2d1a1b;--warn:#efb553;
--warn-bg:#2a2315;--ok:#66c88c;--ok-bg:#14251b;--calm:#9caab5;--calm-bg:#20282e;--f-bad:#ee6257;
--f-warn:#e3a541;--f-ok:#4fae78;--f-calm:#65737e;--f-info:#5d9be0}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,
  "Segoe UI",
Roboto,"Noto Sans","DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}
a:focus-visible{outline:2px solid var(--link);outline-offset:2px}
header{display:flex;flex-wrap:wrap;gap:4px 20px;align-items:baseline;padding:10px max(20px,
  calc((100% - 1280px)/2));
background:var(--card);border-bottom:1px solid var(--line)}
header b{font-size:16px}header nav{display:flex;gap:16px}
header .right{margin-left:auto;color:var(--soft);font-size:13px}
main{max-width:1320px;margin:0 auto;padding:16px 20px 40px;display:grid;gap:14px;
grid-template-columns:minmax(0,1fr)}
section,.verdict{background:var(--card);border:1px solid var(--line);border-radius:6px;
padding:14px 18px;min-width:0}
h1{font-size:21px;line-height:1.3;margin:0}h2{font-size:15px;margin:0 0 8px}
h2 small,h1 small{font-weight:400;color:var(--soft)}h2 small{font-size:13px}h1 small{
  font-size:15px}
p{margin:6px 0 0;max-width:110ch}
.verdict{border-left:5px solid var(--f-calm)}.verdict p{color:var(--ink)}
.verdict.bad{border-left-color:var(--f-bad);background:var(--bad-bg)}
.verdict.warn{border-left-color:var(--f-warn);background:var(--warn-bg)}
.verdict.ok{border-left-color:var(--f-ok);background:var(--ok-bg)}
.crumb{color:var(--soft);font-size:13px;margin:0 0 2px}
.numbers{display:grid;gap:14px;grid-template-columns:repeat(auto-fit,minmax(200px,1fr))}
.numbers section{padding:10px 16px}
.numbers h2{font-size:13px;font-weight:400;color:var(--soft);margin:0}
.numbers .big{font-size:24px;line-height:1.35}.numbers .big small{font-size:15px}
.numbers .more{font-size:13px;color:var(--soft)}.numbers .more a{white-space:normal;
overflow-wrap:anywhere}
.two{display:grid;gap:14px;grid-template-columns:repeat(auto-fit,minmax(min(440px,100%),1fr))}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th{font-size:12.5px;font-weight:400;color:var(--soft);text-align:left;padding:2px 14px 4px 0;
border-bottom:1px solid var(--line);white-space:nowrap}
td{padding:5px 14px 5px 0;border-bottom:1px solid var(--line);vertical-align:top;
overflow-wrap:anywhere}
tr:last-child td{border-bottom:0}th:last-child,td:last-child{padding-right:0}
.n{text-align:right;white-space:nowrap;overflow-wrap:normal}
.w{white-space:nowrap;overflow-wrap:normal}.name{min-width:12ch}
.soft,small{color:var(--soft)}.more a{white-space:nowrap}
code{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
background:var(--code);padding:1px 4px;border-radius:3px;overflow-wrap:anywhere}
pre{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
background:var(--code);padding:8px 10px;border-radius:4px;margin:6px 0 0;white-space:pre-wrap;
overflow-wrap:anywhere}
.s{white-space:nowrap;overflow-wrap:normal}.s.bad,.t-bad{color:var(--bad)}
.s.warn,.t-warn{color:var(--warn)}.s.ok,.t-ok{color:var(--ok)}.s.calm,.t-calm{color:var(--calm)}
.bar{display:flex;height:12px;border-radius:3px;overflow:hidden;background:var(--calm-bg);
margin:2px 0 8px;gap:1px}
.bar i{display:block;min-width:2px}.f-bad{background:var(--f-bad)}.f-warn{background:var(--f-warn)}
.f-ok{background:var(--f-ok)}.f-calm{background:var(--f-calm)}.f-info{background:var(--f-info)}
.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:7px}
.legend{display:flex;flex-wrap:wrap;gap:2px 20px}
.none{color:var(--soft);margin:0}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:3px 18px;margin:0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
tr.first td{background:var(--bad-bg)}tr.first td:first-child{box-shadow:inset 4px 0 var(--f-bad);
padding-left:12px}tr.first td:last-child{padding-right:10px}
footer{max-width:1320px;margin:0 auto;padding:0 20px 30px;color:var(--soft);font-size:13px}
@media (max-width:640px){.wide table{min-width:760px}header .right{margin-left:0}main{
  padding:12px 12px 30px}
section,.verdict{padding:12px}}
)css";

}  // namespace townd::debug
