# SPDX-License-Identifier: GPL-2.0-only
"""measure: one measurement, by iperf3 or ping, and what its output says."""
import json
import re
import shlex

from ends import Guest, Trouble


UDP_MAX = 65507


def number(text):
    m = re.fullmatch(r"(\d+)([kKmM]?)", text)
    if not m or not int(m.group(1)):
        raise Trouble(f"'{text}' is not a size", "write bytes, like 64, 1448 or 16k")
    return int(m.group(1)) << {"": 0, "k": 10, "m": 20}[m.group(2).lower()]


def parse(text, udp, size):
    """What iperf3 -J says at its end; the beginning may be missing."""
    sums = {}
    for name, body in re.findall(r'"(sum\w*|cpu_utilization_percent)"\s*:\s*\{([^{}]*)\}', text):
        sums[name] = json.loads("{" + body + "}")
    error = re.search(r'"error"\s*:\s*"([^"]*)"', text)
    if error:
        busy = "busy" in error.group(1)
        raise Trouble("iperf3: " + error.group(1), "wait until the other test ends, or use --port" if busy else
                      "look whether the guest is alive and its iperf3 server runs")
    s = sums.get("sum" if udp else "sum_received")
    if not s or not s.get("seconds"):
        raise Trouble("iperf3 gave no result", "run iperf3 by hand and look at what it says")
    if udp:
        messages = s["packets"] - s["lost_packets"]
        out = {"gbit": messages * size * 8 / s["seconds"] / 1e9, "messages": messages / s["seconds"],
               "lost_percent": s["lost_percent"]}
    else:
        out = {"gbit": s["bits_per_second"] / 1e9, "messages": s["bytes"] / size / s["seconds"],
               "retransmits": sums.get("sum_sent", {}).get("retransmits")}
    cpu = sums.get("cpu_utilization_percent")
    if cpu:
        out["cpu_percent"] = {"from": cpu["host_total"], "to": cpu["remote_total"]}
    return out


def stream(a, sender, receiver, protocol, size, streams):
    """The client runs where it can be started: at the sender, else at the receiver (iperf3 -R)."""
    client, server = (sender, receiver) if sender.runs else (receiver, sender)
    if not client.runs or server.address is None:
        client, server = server, client
    words = ["iperf3", "-c", server.address, "-p", str(a.port), "-t", str(a.seconds), "-J",
             "-P", str(streams), "-l", str(size), "--connect-timeout", "5000"]
    words += ["-u", "-b", "0"] if protocol == "udp" else []
    words += ["-R"] if client is receiver else []
    status, out, err = client.run(words, a.seconds * 3 + 30)
    if not out and status:
        if isinstance(client, Guest):
            client.no_command(status, err.strip())
        raise Trouble(f"iperf3 ended with status {status}: {err.strip()}", "run it by hand: " + shlex.join(words))
    found = parse(out, protocol == "udp", size)
    if client is receiver and "cpu_percent" in found:
        cpu = found["cpu_percent"]
        cpu["from"], cpu["to"] = cpu["to"], cpu["from"]
    return found


def round_trip(sender, receiver):
    status, out, err = sender.run(["ping", "-c", "50", "-i", "0.01", "-q", receiver.address], 30)
    m = re.search(r"=\s*[\d.]+/([\d.]+)/", out)
    if status or not m:
        raise Trouble(f"no answer to ping from {receiver.name}: {err.strip()}", "use --no-rtt if it is not to answer")
    return {"rtt_us": float(m.group(1)) * 1000}
