"""What a Prometheus server is told."""

from prometheus_client.parser import text_string_to_metric_families

from bot.metrics import CONTENT_TYPE, Metrics

KINDS = {
    "wenshu_replies": "counter",
    "wenshu_refused": "counter",
    "wenshu_parts": "counter",
    "wenshu_answer_seconds": "histogram",
    "wenshu_reply_seconds": "histogram",
    "wenshu_running": "gauge",
    "wenshu_waiting": "gauge",
}


def told(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Every sample, by its name and the values of its labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_the_text_is_prometheus_s_own():
    metrics = Metrics()
    families = {each.name: each for each in text_string_to_metric_families(metrics.text().decode())}
    kinds = {name: each.type for name, each in families.items()}
    assert {name: kinds[name] for name in KINDS} == KINDS
    assert all(families[name].documentation for name in KINDS)
    assert CONTENT_TYPE.startswith("text/plain; version=0.0.4")


def test_what_is_counted_is_told():
    metrics = Metrics()
    metrics.replies.labels("telegram", "answered").inc()
    metrics.replies.labels("telegram", "answered").inc()
    metrics.refused.labels("web", "crowded").inc()
    metrics.parts.labels("telegram", "lost").inc()
    metrics.waiting.set(3)
    metrics.seconds.observe(0.2)
    metrics.waited.labels("web").observe(7)
    found = told(metrics)
    assert found["wenshu_replies_total", "telegram", "answered"] == 2
    assert found["wenshu_refused_total", "web", "crowded"] == 1
    assert found["wenshu_parts_total", "telegram", "lost"] == 1
    assert found["wenshu_waiting",] == 3
    assert (found["wenshu_answer_seconds_bucket", "0.1"], found["wenshu_answer_seconds_bucket", "0.25"]) == (
        0,
        1,
    )
    assert (found["wenshu_reply_seconds_count", "web"], found["wenshu_reply_seconds_sum", "web"]) == (1, 7)


def test_two_processes_in_one_do_not_count_for_each_other():
    one, other = Metrics(), Metrics()
    one.replies.labels("web", "notice").inc()
    assert ("wenshu_replies_total", "web", "notice") not in told(other)
