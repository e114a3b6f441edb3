"""The text of `Sequential.summary`."""


def text(model):
    """Return a table of the layers, their output shapes and parameters."""
    rows = [("Layer (type)", "Output Shape", "Param #")]
    for layer in model.layers:
        rows.append(
            (
                f"{layer.name} ({type(layer).__name__})",
                f"(None, {layer.n_out})",
                f"{layer.count_params():,}",
            )
        )
    widths = [max(len(row[c]) for row in rows) for c in range(3)]

    def line(row):
        return f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}"

    rule = "─" * (sum(widths) + 4)
    count = model.count_params()
    size = count * model._dtype.itemsize
    return "\n".join(
        [f'Model: "{model.name}"', rule, line(rows[0]), rule, *map(line, rows[1:]), rule]
        + [f"Total params: {count:,} ({size / 1024:.2f} KB, {model.dtype})"]
    )
