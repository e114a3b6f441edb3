"""The text of `Sequential.summary`, drawn as Keras draws it."""

import re

# Where the columns end, as parts of the line; with a column "Trainable" the rest gives way.
_ENDS = (0.45, 0.80, 1.0)
_WIDEST = 88


def text(model, line_length=None, show_trainable=False, layer_range=None):
    """Return a table of the layers, their output shapes and parameters, and the sums."""
    import shutil

    layers = _range(model.layers, layer_range)
    header = ["Layer (type)", "Output Shape", "Param #"]
    align = ["<", "<", ">"]
    ends, widest = list(_ENDS), _WIDEST
    if show_trainable:
        header.append("Trainable")
        align.append("^")
        ends, widest = [0.9 * end for end in ends] + [1.0], widest + 12
    line_length = line_length or min(widest, shutil.get_terminal_size().columns - 4)
    widths = _widths(ends, line_length)
    rows = [_fields(layer, show_trainable) for layer in layers]
    return "\n".join(
        [f'Model: "{model.name}"', *_table(header, rows, widths, align), *_sums(model)]
    )


def _fields(layer, show_trainable):
    name = f"{layer.name} ({type(layer).__name__})"
    if not layer.built:
        shape, count = "?", "0 (unbuilt)"
    else:
        shape = f"({', '.join(map(str, (None, *layer.output_shape)))})"
        count = f"{layer.count_params():,}"
    fields = [name, shape, count]
    if show_trainable:
        fields.append(("Y" if layer.trainable else "N") if layer.weights else "-")
    return fields


def _widths(ends, line_length):
    """Return the columns' widths between the bars, one blank at either side included."""
    widths, at = [], 0
    for end in ends:
        widths.append(int(end * line_length) - at + 2)
        at += widths[-1] - 2
    if min(widths) < 6:
        raise ValueError(
            f"line_length={line_length} is too narrow for a summary; give a larger one"
        )
    excess = sum(widths) - (line_length - len(widths) - 1)
    for i in range(len(widths)):
        less = round(excess / (len(widths) - i))
        widths[i] -= less
        excess -= less
    return widths


def _wrapped(cell, width):
    """Return the lines of a cell: words, cut short where they are too long."""
    lines = [""]
    for word in re.split(r"(?<=\S) (?=\S)", cell):
        if len(word) > width:
            word = word[: width - 1] + "…"
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def _table(header, rows, widths, align):
    def rule(left, line, cross, right):
        return left + cross.join(line * w for w in widths) + right

    def row(cells, bar):
        columns = [_wrapped(c, w - 2) for c, w in zip(cells, widths, strict=True)]
        height = max(map(len, columns))
        for i in range(height):
            parts = [
                f" {(c[i] if i < len(c) else ''):{a}{w - 2}} "
                for c, w, a in zip(columns, widths, align, strict=True)
            ]
            yield bar + bar.join(parts) + bar

    yield rule("┏", "━", "┳", "┓")
    yield from row(header, "┃")
    yield rule("┡", "━", "╇", "┩")
    for i, cells in enumerate(rows):
        if i:
            yield rule("├", "─", "┼", "┤")
        yield from row(cells, "│")
    yield rule("└", "─", "┴", "┘")


def _sums(model):
    itemsize = model._dtype.itemsize if model.built else 4
    trainable = sum(w.size for w in model.trainable_weights)
    other = sum(w.size for w in model.non_trainable_weights)
    slots = getattr(model.optimizer, "_slots", None)
    optimizer = 0
    if slots is not None:  # Keras counts the number of updates and the learning rate too
        optimizer = slots.size // model._parameters.size * trainable + 2
    sums = [("Total", trainable + other + optimizer), ("Trainable", trainable)]
    sums.append(("Non-trainable", other))
    if optimizer:
        sums.append(("Optimizer", optimizer))
    return [f" {name} params: {count:,} ({_size(count * itemsize)})" for name, count in sums]


def _size(count):
    """Return bytes as people read them."""
    size = float(count)
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} GB"


def _range(layers, bounds):
    """Return the layers from the first name that matches bounds[0] to the last of bounds[1]."""
    if bounds is None:
        return layers
    if len(bounds) != 2 or not all(isinstance(name, str) for name in bounds):
        raise ValueError(f"layer_range must be two names of layers, got {bounds!r}")
    places = [[i for i, la in enumerate(layers) if re.match(b, la.name)] for b in bounds]
    if not all(places):
        raise ValueError(
            f"layer_range {bounds!r} names no layers of the model; there are "
            f"{[layer.name for layer in layers]}"
        )
    first, last = sorted((min(places[0]), max(places[1])))
    return layers[first : last + 1]
