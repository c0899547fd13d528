"""The result as a page that a finance person opens."""

from halopay_kit.reconcile.report.page import html as html
