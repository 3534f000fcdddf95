"""What one task has used of its budget."""

from __future__ import annotations

from dataclasses import dataclass, field

from taskmatrix_ros.core.errors import PlanningError
from taskmatrix_ros.models.model_settings import Budget, ModelSettings, Prices

LEAST_REPLY = 64
"""Tokens: a reply that may not have as many is not worth the request."""

LETTERS_PER_TOKEN = 3.0
"""Low on purpose, for servers that do not count: English has about four."""


def estimated_tokens(text: str) -> int:
    """Guess the tokens of a text, rather too many."""
    return int(len(text.encode()) / LETTERS_PER_TOKEN) + 1


@dataclass
class Spending:
    """Counts requests, tokens and money of one task. A request is allowed before it is made."""

    model: str
    budget: Budget = field(default_factory=Budget)
    prices: Prices = field(default_factory=Prices)
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    @staticmethod
    def of(settings: ModelSettings) -> Spending:
        """Begin a task with nothing spent."""
        return Spending(settings.model, settings.budget, settings.prices)

    @property
    def tokens(self) -> int:
        """Tokens so far, in and out."""
        return self.input_tokens + self.output_tokens

    @property
    def money(self) -> float:
        """Money so far, in the currency of the prices."""
        paid = self.input_tokens * self.prices.input_per_million + self.output_tokens * self.prices.output_per_million
        return paid / 1e6

    def allow(self, prompt_tokens: int, reply_tokens: int) -> int:
        """Count a request that is about to be made.

        :param prompt_tokens: estimate of its prompt.
        :param reply_tokens: what its reply may have at most.
        :returns: what the reply may have of what is left.
        :raises PlanningError: ``BUDGET``: it would go beyond the task's budget. Nothing was sent.
        """
        budget = self.budget
        if self.requests >= budget.requests:
            raise self._spent(f"{self.requests} of {budget.requests} requests", "budget.requests")
        if budget.tokens is not None:
            reply_tokens = min(reply_tokens, budget.tokens - self.tokens - prompt_tokens)
            if reply_tokens < LEAST_REPLY:
                used = f"{self.tokens:,} of {budget.tokens:,} tokens, and {prompt_tokens:,} more are wanted"
                raise self._spent(used, "budget.tokens")
        if budget.money is not None:
            left = budget.money - self.money - prompt_tokens * self.prices.input_per_million / 1e6
            if self.prices.output_per_million:
                reply_tokens = min(reply_tokens, int(left * 1e6 / self.prices.output_per_million))
            if left <= 0 or reply_tokens < LEAST_REPLY:
                raise self._spent(f"{self.money:.4f} of {budget.money:g} in money", "budget.money")
        self.requests += 1
        return reply_tokens

    def add(self, input_tokens: int, output_tokens: int) -> None:
        """Count what a reply took."""
        self.input_tokens += max(0, input_tokens)
        self.output_tokens += max(0, output_tokens)

    def _spent(self, used: str, key: str) -> PlanningError:
        said = f"model '{self.model}': this task has used {used}; ask for less at a time, or raise {key} in the profile"
        return PlanningError(said, code="BUDGET")
