# SPDX-License-Identifier: Apache-2.0
"""The result of a run as one Markdown table, and which aims it meets."""

MEGABYTE = 1000 * 1000


def _aim(name, value, limit):
    return {"name": name, "value": value, "limit": limit,
            "met": value <= limit}


def judge(result):
    """The aims of this project. A sweep is judged with all that it causes: the
    whole time the engine was awake for it."""
    aims = []
    if compare := result.get("compare"):
        aims += [
            _aim("CPU of a sweep / ss -tan",
                 compare["sweep_tick/ss"]["median"], 0.06),
            _aim("CPU of a sweep / node_exporter scrape",
                 compare["sweep_tick/node_exporter"]["median"], 0.10),
            _aim("dumps during 100 scrapes of /metrics",
                 compare["dumps_during_scrapes"]["median"], 0)]
    if watched := result.get("events"):
        for mode, limit in (("close_wait", 1.04), ("full", 1.06)):
            aims.append(_aim(f"CPU of a connection watched by events, {mode}",
                             watched[mode]["cpu_ratio"], limit))
            aims.append(_aim(f"events lost, {mode}",
                             watched[mode]["lost"], 0))
        if ratio := watched.get("full_to_tcpstates"):
            aims.append(_aim("connections/s under tcpstates / under ours",
                             1 / ratio, 1 / 1.8))
    if found := result.get("holders"):
        aims.append(_aim("CPU of finding holders / ss -tanp",
                         found["to_ss"], 0.02))
    if weigh := result.get("weigh"):
        aims.append(_aim("resident memory, MB",
                         weigh["after_requests"]["VmRSS"] / MEGABYTE, 40))
    if live := result.get("live"):
        aims += [_aim("packets lost live, beside tcpdump's",
                      live["ours_lost"], live["tcpdump_lost"]),
                 _aim("packets lost live and not counted",
                      live["uncounted"], 0)]
    if pipeline := result.get("pipeline"):
        aims += _judge_pipeline(pipeline)
    return aims


def _judge_pipeline(pipeline):
    files, flood = pipeline["files"], pipeline["flood"]
    crafted = dict(pipeline["crafted"])
    random = crafted.pop("random")
    aims = [
        _aim("packet path / bare libpcap with the same buffer",
             files[100_000]["model/bare"], 1.5),
        _aim("packet path / libpcap as it is",
             files[100_000]["model/plain"], 1.5),
        _aim("bytes of a connection", files[100_000]["bytes"], 200),
        _aim("a packet at 1,000,000 connections / at 1,000",
             files[1_000_000]["model"] / files[1_000]["model"], 1.5),
        _aim("a crafted connection / a random one",
             max(crafted.values()) / random, 2),
        _aim("connections lost to a flood",
             flood["established_lost"] + flood["close_wait_lost"], 0),
        _aim("resident memory in a flood / bound",
             flood["resident"] / flood["bound"], 1.1),
        _aim("connections left 10 s after it",
             flood["after"], 11_000)]
    if peers := pipeline["peers"]:
        fastest = min(peer["times"] for peer in peers.values())
        aims.append(_aim("packet path / fastest program of others",
                         1 / fastest, 1 / 8))
    return aims


def _sockets(counts):
    parts = [(2 * counts.get("pairs", 0), "ESTABLISHED"),
             (counts.get("close_wait", 0), "CLOSE_WAIT"),
             (counts.get("time_wait", 0), "TIME_WAIT")]
    return ", ".join(f"{count:,} {state}" for count, state in parts if count)


def _row(*cells):
    return "| " + " | ".join(cells) + " |"


def _milliseconds(seconds):
    return f"{seconds * 1000:.3g} ms"


def _compare_rows(compare):
    def row(title, name):
        cells = [title, _milliseconds(compare[name]["min"]),
                 _milliseconds(compare[name]["median"])]
        for theirs in ("ss", "node_exporter", "bare_dump"):
            ratio = compare.get(f"{name}/{theirs}")
            cells.append(f"{ratio['median']:.4f}" if ratio else "")
        return _row(*cells)

    yield row("a sweep, with all that it causes", "sweep_tick")
    yield row("a sweep, as the daemon tells", "sweep")
    yield row("a scrape of /metrics", "metrics_scrape")
    yield row("the dump of a sweep, kernel only", "bare_dump")
    yield row("ss -tan", "ss")
    yield row("a scrape of node_exporter, tcpstat only", "node_exporter")


def _live_rows(live):
    for number, one in enumerate(live["rounds"], 1):
        ours, theirs = one["ours"], one["tcpdump"]
        cpu = ours["cpu"] / max(ours["received"], 1) * 1e9
        yield _row(str(number), f"{ours['rate']:,.0f}",
                   f"{ours['received']:,}", f"{ours['lost']:,}",
                   f"{cpu:.0f} ns", f"{theirs['rate']:,.0f}",
                   f"{theirs['received']:,}", f"{theirs['lost']:,}")


def _blocks(result):
    """(title, header, rows)"""
    if compare := result.get("compare"):
        yield (f"CPU at {_sockets(compare['sockets'])}; "
               f"{compare['rounds']} rounds",
               ("what", "min", "median", "/ ss", "/ node_exporter",
                "/ kernel only"),
               list(_compare_rows(compare)))
    if weigh := result.get("weigh"):
        yield (f"Memory at {_sockets(weigh['sockets'])}",
               ("when", "resident", "of it anonymous", "peak"),
               [_row(title, *(f"{weigh[key][part] / MEGABYTE:.1f} MB"
                              for part in ("VmRSS", "RssAnon", "VmHWM")))
                for title, key in (("nobody asks", "quiet"),
                                   ("after each kind of request",
                                    "after_requests"))])
    if watched := result.get("events"):
        yield (f"A connect/close loop while it is watched; "
               f"{watched['rounds']} rounds of {watched['seconds']} s",
               ("by", "connections/s", "CPU of a connection",
                "CPU of the watcher", "lost"),
               [_row(name, f"x{one['rate_ratio']:.3f}",
                     f"x{one['cpu_ratio']:.3f}", f"{one['watcher_us']:.2f} us",
                     f"{one['lost']:.3g}")
                for name, one in watched.items() if isinstance(one, dict)])
    if found := result.get("holders"):
        yield (f"Holders among {found['descriptors']:,} descriptors, "
               f"{found['leaks']:,} leaks", ("what", "CPU", "/ ss -tanp"),
               [_row("one pass", _milliseconds(found["cpu_seconds"]),
                     f"{found['to_ss']:.4f}")])
    if idle := result.get("idle"):
        yield ("CPU when nobody asks",
               ("sockets", "engine thread", "slow thread", "main thread",
                "all, per minute", "of a core"),
               [_row(_sockets(one["sockets"]),
                     *(_milliseconds(one["per_minute"][thread]) for thread in
                       ("tcpstated-eng", "tcpstated-slow", "main")),
                     _milliseconds(one["total_per_minute"]),
                     f"{one['total_per_minute'] / 60:.3%}")
                for one in idle.values()])
    if live := result.get("live"):
        yield (f"Packets live, {live['packets']:,} in each round, buffer "
               f"{live['buffer'] >> 20} MiB",
               ("round", "sent/s", "ours read", "lost", "CPU per packet",
                "tcpdump's sent/s", "read", "lost"),
               list(_live_rows(live)))
    if pipeline := result.get("pipeline"):
        yield from _pipeline_blocks(pipeline)
    if result["aims"]:
        yield ("Aims", ("aim", "measured", "at most", "met"),
               [_row(aim["name"], f"{aim['value']:.4g}", f"{aim['limit']:g}",
                     "yes" if aim["met"] else "**no**")
                for aim in result["aims"]])


def _nanoseconds(value):
    return f"{value:,.0f} ns"


def _pipeline_blocks(pipeline):
    yield ("The packet path, CPU per packet",
           ("at a time", "packets", "connections known at the end",
            "libpcap as it is", "with our buffer", "+ decode", "+ model",
            "/ as it is", "/ with our buffer", "per connection"),
           [_row(f"{at_once:,}", f"{one['packets']:,}",
                 f"{one['connections']:,}",
                 *(_nanoseconds(one[key]) for key in
                   ("plain", "bare", "decode", "model")),
                 f"{one['model/plain']:.2f}", f"{one['model/bare']:.2f}",
                 f"{one['bytes']:.0f} B")
            for at_once, one in pipeline["files"].items()])
    flood = pipeline["flood"]
    yield (f"A flood of {flood['syns']:,} SYNs, "
           "10,000 ESTABLISHED and 1,000 CLOSE_WAIT before",
           ("CPU per SYN", "lost of those", "evicted", "resident", "bound",
            "connections during", "10 s after"),
           [_row(_nanoseconds(flood["ns"]),
                 f"{flood['established_lost'] + flood['close_wait_lost']}",
                 f"{flood['evicted']:,}",
                 f"{flood['resident'] / MEGABYTE:.1f} MB",
                 f"{flood['bound'] / MEGABYTE:.1f} MB",
                 f"{flood['during']:,}", f"{flood['after']:,}")])
    yield ("Addresses that weak hashes confuse, CPU per packet",
           tuple(pipeline["crafted"]),
           [_row(*map(_nanoseconds, pipeline["crafted"].values()))])
    if pipeline["peers"]:
        yield ("Other programs that follow connections, CPU per packet",
               ("program", "packets", "connections at a time", "it takes",
                "we take", "times"),
               [_row(name, f"{peer['packets']:,}", f"{peer['connections']:,}",
                     _nanoseconds(peer["ns"]), _nanoseconds(peer["ours"]),
                     f"{peer['times']:.1f}")
                for name, peer in pipeline["peers"].items()])


def table(result):
    text = f"Linux {result['kernel']}, {result['cpus']} CPUs"
    text += ", smoke test: no aim is judged\n" if result["smoke"] else "\n"
    for title, header, rows in _blocks(result):
        text += f"\n{title}\n\n{_row(*header)}\n"
        text += _row(*("---" for _ in header)) + "\n"
        text += "".join(row + "\n" for row in rows)
    return text
