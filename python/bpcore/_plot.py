"""A picture of a model: one box a layer, drawn by matplotlib."""

import os

# In inches.
_LINE = 0.19
_PADDING = 0.09
_GAP = 0.32
_CHARACTER = 0.088


def plot_model(
    model,
    to_file="model.png",
    show_shapes=False,
    show_dtype=False,
    show_layer_names=False,
    rankdir="TB",
    expand_nested=False,
    dpi=200,
    show_layer_activations=False,
    show_trainable=False,
    **kwargs,
):
    """Draw a model as boxes and arrows; needs matplotlib (``pip install bpcore[plot]``).

    Parameters
    ----------
    model : Sequential
        Built, if shapes are to be shown.
    to_file : path-like or None, default "model.png"
        The ending says what is written: png, pdf, svg, …; None: nothing.
    show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable : bool
        What to write into the boxes beside the layers' classes; default False.
    rankdir : {"TB", "LR"}, default "TB"
        From top to bottom, or from left to right.
    expand_nested : bool
        Taken as Keras takes it; there are no nested models.
    dpi : int, default 200
        Dots per inch.

    Returns
    -------
    matplotlib.figure.Figure
    """
    kwargs.pop("layer_range", None)
    if kwargs:
        raise TypeError(f"plot_model got unexpected arguments {sorted(kwargs)}")
    if rankdir not in ("TB", "LR"):
        raise ValueError(f"rankdir must be 'TB' or 'LR', got {rankdir!r}")
    if show_shapes and not model.built:
        raise ValueError(
            f"model {model.name!r} is not built, so there are no shapes to show: call build((n,)) "
            "first, or start it with bpcore.Input((n,))"
        )
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "plot_model draws with matplotlib, which is not installed: pip install bpcore[plot]"
        ) from error
    boxes = [] if model._input is None else [_input_lines(model, show_shapes, show_dtype)]
    for layer in model.layers:
        lines = [f"$\\bf{{{type(layer).__name__}}}$"]
        if show_layer_names:
            name = layer.name.replace("$", r"\$")  # which would begin a formula
            lines[0] = f"{name} ({lines[0]})"
        if show_layer_activations and _activation(layer):
            lines.append(f"activation: {_activation(layer)}")
        if show_shapes:
            lines.append(f"{_shape(layer.input_shape)} → {_shape(layer.output_shape)}")
        if show_dtype:
            lines.append(f"dtype: {model.dtype}")
        if show_trainable and layer.count_params():
            lines.append("trainable" if layer.trainable else "not trainable")
        boxes.append(lines)
    figure = Figure(dpi=dpi)
    FigureCanvasAgg(figure)
    _draw(figure, boxes, rankdir)
    if to_file is not None:
        figure.savefig(os.fspath(to_file), dpi=dpi)
    return figure


def _input_lines(model, show_shapes, show_dtype):
    lines = ["$\\bf{Input}$"]
    if show_shapes:
        lines.append(_shape(model._input.shape))
    if show_dtype:
        lines.append(f"dtype: {model.dtype}")
    return lines


def _activation(layer):
    """The name of the activation that a layer was given, if any."""
    given = layer._arguments().get("activation")
    return given if given is None or isinstance(given, str) else given.name


def _shape(shape):
    return f"({', '.join(['None', *map(str, shape)])})"


def _draw(figure, boxes, rankdir):
    """Put boxes of these lines beside or below one another, with arrows between them."""
    widths = [
        max(len(line.replace("$\\bf{", "").replace("}$", "")) for line in lines) * _CHARACTER
        + 4 * _PADDING
        for lines in boxes
    ]
    heights = [len(lines) * _LINE + 2 * _PADDING for lines in boxes]
    down = rankdir == "TB"
    across = max(widths if down else heights, default=1.0)
    along = heights if down else widths
    length = sum(along) + _GAP * max(len(boxes) - 1, 0) + 2 * _PADDING
    across += 2 * _PADDING
    figure.set_size_inches(*((across, length) if down else (length, across)))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, across if down else length)
    # The first box is at the top.
    axes.set_ylim(*((length, 0) if down else (across, 0)))
    at, middle = _PADDING, across / 2
    for k, lines in enumerate(boxes):
        size = along[k]
        width, height = (across - 2 * _PADDING, size) if down else (size, heights[k])
        x, y = (middle, at + size / 2) if down else (at + size / 2, middle)
        axes.text(x, y, "\n".join(lines), ha="center", va="center", fontsize=9, linespacing=1.35)
        left, top = x - width / 2, y - height / 2
        axes.plot(
            [left, left + width, left + width, left, left],
            [top, top, top + height, top + height, top],
            color="black",
            linewidth=0.9,
        )
        at += size
        if k + 1 < len(boxes):
            start, end = ((x, at), (x, at + _GAP)) if down else ((at, y), (at + _GAP, y))
            axes.annotate(
                "",
                end,
                start,
                arrowprops={
                    "arrowstyle": "-|>",
                    "shrinkA": 0,
                    "shrinkB": 0,
                    "color": "black",
                    "linewidth": 0.9,
                },
            )
        at += _GAP
