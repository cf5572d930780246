"""A lifelike desk to look at: a shop that sells groceries in two languages, and ninety days of its customers' mail."""

from helpdesk.demo.filling import fill, sign_ins

__all__ = ["fill", "sign_ins"]
