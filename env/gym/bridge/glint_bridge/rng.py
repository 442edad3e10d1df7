"""SplitMix64 (Steele, Lea and Flood, 2014): a generator whose state is 8 bytes."""

MASK = (1 << 64) - 1


class SplitMix64:
    """A small generator that is saved by copying ``state``."""

    __slots__ = ("state",)

    def __init__(self, state=0):
        self.state = state & MASK

    def next(self):
        """Returns the next 64 random bits."""
        self.state = z = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, n):
        """Returns a number in 0..n-1; its bias is below n / 2**64."""
        return (self.next() * n) >> 64
