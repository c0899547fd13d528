"""Which of HaloPay's products somebody's words mean, by a table; and what to clarify where they do not say."""

from halopay_kit.guide.advice import Advice, Verdict, ask
from halopay_kit.guide.table import Choice, Question, Route, Table, table

__all__ = ["Advice", "Choice", "Question", "Route", "Table", "Verdict", "ask", "table"]
