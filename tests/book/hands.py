"""Digits as strokes, for a browser to draw: points from (0, 0), the pad's top left corner, to (1, 1)."""

import math


def arc(x, y, wide, high, start, end, points=24):
    """Part of an ellipse about (x, y), from one angle to another in degrees; 0 is right, 90 is down."""
    angles = [math.radians(start + (end - start) * n / points) for n in range(points + 1)]
    return [(x + wide * math.cos(a), y + high * math.sin(a)) for a in angles]


UPRIGHT = {
    0: [arc(0.5, 0.5, 0.2, 0.3, -90, 270)],
    1: [[(0.5, 0.18), (0.5, 0.82)]],
    2: [[*arc(0.5, 0.36, 0.18, 0.17, 190, 390), (0.32, 0.8), (0.7, 0.8)]],
    3: [[*arc(0.48, 0.34, 0.18, 0.15, 200, 450), *arc(0.48, 0.66, 0.2, 0.17, -90, 160)]],
    4: [[(0.42, 0.18), (0.3, 0.54), (0.7, 0.54)], [(0.62, 0.3), (0.6, 0.84)]],
    5: [[(0.66, 0.2), (0.38, 0.2), (0.36, 0.46), *arc(0.48, 0.62, 0.19, 0.19, -120, 150)]],
    6: [[(0.58, 0.16), (0.42, 0.36), *arc(0.5, 0.65, 0.17, 0.17, 180, -180)]],
    7: [[(0.3, 0.22), (0.7, 0.22), (0.46, 0.82)]],
    8: [[*arc(0.5, 0.34, 0.14, 0.15, 90, 450), *arc(0.5, 0.67, 0.18, 0.18, -90, 270)]],
    9: [[*arc(0.5, 0.36, 0.17, 0.17, 0, -360), (0.66, 0.5), (0.6, 0.84)]],
}
OTHER_SHAPES = {
    1: [[(0.38, 0.32), (0.52, 0.18), (0.52, 0.82)]],
    2: [[*arc(0.48, 0.34, 0.18, 0.15, 180, 380), (0.52, 0.6), (0.34, 0.78)],
        [*arc(0.36, 0.72, 0.05, 0.06, 120, 300), (0.7, 0.82)]],
    4: [[(0.6, 0.84), (0.6, 0.18), (0.28, 0.6), (0.74, 0.6)]],
    5: [[(0.36, 0.2), (0.36, 0.46), *arc(0.46, 0.62, 0.19, 0.18, -110, 140)], [(0.36, 0.2), (0.66, 0.2)]],
    9: [[*arc(0.48, 0.36, 0.16, 0.17, 0, -360), *arc(0.46, 0.6, 0.18, 0.24, 0, 100)]],
}  # fmt: skip


def changed(drawing, slant=0.0, scale=1.0, x=0.5, y=0.5):
    """The drawing slanted to the right, made smaller or larger, and moved to another middle."""
    return [
        [(x + scale * (a - 0.5 - slant * (b - 0.5)), y + scale * (b - 0.5)) for a, b in stroke]
        for stroke in drawing
    ]


HANDS = {
    "upright": UPRIGHT,
    "slanted": {digit: changed(drawing, slant=0.3) for digit, drawing in UPRIGHT.items()},
    "leaning back": {digit: changed(drawing, slant=-0.15) for digit, drawing in UPRIGHT.items()},
    "large": {digit: changed(drawing, scale=1.35) for digit, drawing in UPRIGHT.items()},
    "in a corner": {digit: changed(drawing, scale=0.7, x=0.3, y=0.3) for digit, drawing in UPRIGHT.items()},
    "other shapes": OTHER_SHAPES,
}
