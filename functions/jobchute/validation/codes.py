"""The codes of what can be wrong with a request body: stable, for programs to match."""

from enum import StrEnum


class Code(StrEnum):
    """A kind of mistake; `docs/validation-rules.md` lists all kinds, each with an example."""

    UNKNOWN_KEY = "UNKNOWN_KEY"  # the provider has no such member here
    MISSING = "MISSING"  # a required member is not there
    WRONG_TYPE = "WRONG_TYPE"  # a string where a number belongs, a list where an object does
    NOT_TEXT = "NOT_TEXT"  # a string with half of a surrogate pair, which UTF-8 cannot hold
    TOO_SHORT = "TOO_SHORT"  # fewer characters than allowed
    TOO_LONG = "TOO_LONG"  # more characters than allowed
    TOO_FEW = "TOO_FEW"  # fewer items or entries than allowed
    TOO_MANY = "TOO_MANY"  # more items or entries than allowed
    TOO_SMALL = "TOO_SMALL"  # a number below the least
    TOO_LARGE = "TOO_LARGE"  # a number above the greatest
    PATTERN = "PATTERN"  # text that the provider's pattern does not match in full
    NOT_ALLOWED_VALUE = "NOT_ALLOWED_VALUE"  # none of the values that the provider lists
    NOT_ONE_OF = "NOT_ONE_OF"  # exactly one of several members belongs here, and none is there
    EXCLUSIVE = "EXCLUSIVE"  # two members that exclude each other
    REQUIRES = "REQUIRES"  # a member that is valid only together with another
    DUPLICATE = "DUPLICATE"  # a name that must be unique and is not
    RESERVED = "RESERVED"  # a name that the provider or Jobchute keeps for itself
    READ_ONLY = "READ_ONLY"  # a member of the provider's answers that no request may bring
    OTHER_API = "OTHER_API"  # a member, or a whole body, of another API
    MORE_PROBLEMS = "MORE_PROBLEMS"  # how many problems were left off the list
