# SPDX-License-Identifier: GPL-2.0-only
"""show: the table for the terminal and the plot."""
import json
import os
import shutil
import subprocess

from ends import Trouble


def table(results):
    head = ["from", "to", "what", "bytes", "streams", "Gbit/s", "messages/s", "lost %", "retrans.", "CPU % from/to"]
    rows = []
    for r in results:
        if r["protocol"] == "ping":
            rows.append([r["from"], r["to"], "ping", "", "", f"{r['rtt_us']:.1f} us", "", "", "", ""])
            continue
        cpu = r.get("cpu_percent")
        rows.append([r["from"], r["to"], r["protocol"], str(r["size"]), str(r["streams"]), f"{r['gbit']:.3f}",
                     f"{r['messages']:,.0f}", f"{r['lost_percent']:.1f}" if "lost_percent" in r else "",
                     str(r["retransmits"]) if r.get("retransmits") is not None else "",
                     f"{cpu['from']:.0f}/{cpu['to']:.0f}" if cpu else ""])
    widths = [max(len(x[i]) for x in [head] + rows) for i in range(len(head))]
    for x in [head] + rows:
        print("  ".join(c.ljust(w) if i < 3 else c.rjust(w) for i, (c, w) in enumerate(zip(x, widths))).rstrip())


def plot(results, path):
    """Lines over the message size; bars when there is one size only."""
    end = path.rsplit(".", 1)[-1]
    if end not in ("svg", "png"):
        raise Trouble(f"'{path}' is neither .svg nor .png", "give a file with one of these endings")
    if not shutil.which("gnuplot"):
        raise Trouble("gnuplot is not installed", "apt-get install gnuplot-nox; the figures are kept by --json")
    curves = {}
    for r in results:
        if "gbit" in r:
            title = f"{r['from']} → {r['to']}, {r['protocol']}" + (f", {r['streams']} streams" if r["streams"] > 1 else "")
            curves.setdefault(title, []).append((r["size"], r["gbit"]))
    if not curves:
        raise Trouble("there is nothing to be plotted", "measure at least one stream")
    script = [f"set term {end + ('cairo' if end == 'png' else '')} size 1000,600", f"set output {json.dumps(path)}",
              "set ylabel 'Gbit/s'", "set yrange [0:*]", "set grid", "set key outside right top"]
    data = ["$d << E"]
    for points in curves.values():
        data += [f"{s} {g}" for s, g in sorted(points)] + ["", ""]
    data.append("E")
    lines = any(len({size for size, _ in p}) > 1 for p in curves.values())
    if lines:
        script += ["set logscale x 2", "set xlabel 'bytes of a message'"]
        style = "using 1:2 with linespoints lw 2"
    else:
        script += ["set boxwidth 0.8", "set style fill solid 0.7", "unset xtics"]
        style = "using (%d):2 with boxes"
    curve = [f"$d index {i} {style % i if '%' in style else style} title {json.dumps(t, ensure_ascii=False)}"
             for i, t in enumerate(curves)]
    p = subprocess.run(["gnuplot"], input="\n".join(data + ["set encoding utf8"] + script + ["plot " + ", ".join(curve)]) + "\n",
                       text=True, capture_output=True, check=False)
    if p.returncode or not os.path.exists(path):
        raise Trouble("gnuplot: " + (p.stderr.strip().splitlines() or ["no file was made"])[-1],
                      "look whether the folder can be written; --plot FILE.svg needs no fonts")
