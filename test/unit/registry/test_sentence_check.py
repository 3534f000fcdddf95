"""Sentences are checked whatever is in them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from taskmatrix_ros.registry.findings import Findings
from taskmatrix_ros.registry.sentence_check import check_sentences
from taskmatrix_ros.registry.yaml_reader import YamlDocument


@given(st.text(st.sampled_from("[](){}<>|:;\\ abc.*!-é'\""), max_size=20))
@settings(max_examples=400)
def test_any_text_is_a_sentence_or_a_finding(text: str) -> None:
    findings = Findings(YamlDocument("f.yaml"))
    check_sentences({"en": (text,)}, {"a", "b"}, {"a"}, ("apis", 0, "sentences"), findings)
    says_a = "{a" in text
    assert findings.found or says_a
    assert all("\n" not in str(finding) for finding in findings.found)
