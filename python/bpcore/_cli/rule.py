"""When a target is one of classes; apart, so that --help need not import the rest."""

# Whole numbers are classes if there are at most so many, each in at least so many rows on
# average.
MAX_NUMBER_CLASSES = 20
MIN_ROWS_A_CLASS = 5

RULE = (
    f"a column of text, or of at most {MAX_NUMBER_CLASSES} different whole numbers with at least "
    f"{MIN_ROWS_A_CLASS} rows each on average, is classified; any other numbers are regressed on"
)
