"""Learn a relay's limits while sending: connections at once, letters a connection, idle time.

Nearly every provider has such limits and tells them by refusing. A refused, reset or slow
connection is about that connection, as long as another one is open: the others go on, and one fewer
is asked for. Only when none is left is the relay itself away. A little more is tried now and then,
at growing intervals: limits change, and some refusals were about something else.
"""

from distro.model import RelayLimits

FIRST_PROBE, LONGEST_PROBE = 10.0, 600.0  # seconds until one connection more is tried
KNOCK = 5.0  # seconds after a refused greeting before the next: providers ban who knocks
QUICK = 0.1  # seconds after a connection that could not be made at all
AT_ONCE = 1.0  # seconds after a connection that was closed at its first letter
LONGEST = 30.0  # seconds of a relay that is away
_TRUSTED = 2  # letters a connection that count as a limit at all
_SESSIONS = 20  # connections that we ended ourselves, after which one may carry more letters


class Capacity:
    """The connections of a process to one relay; all times are loop times."""

    def __init__(self, wish: int, letters: int = 0) -> None:
        """Begin with as many connections as may be asked for.

        `letters` a connection, 0: as many as it takes.
        """
        self.wish = wish
        self.open = 0  # connections that were greeted and live
        self.opening = 0
        self.limit = wish
        self.letters = letters
        self.idle = 0.0
        self.away_until = 0.0
        self._pause = 0.0
        self._set = letters  # a setting is obeyed, not learnt
        self._probe_at = 0.0
        self._probe_every = FIRST_PROBE
        self._probing = False
        self._early = False  # one was refused while the first of them were still on the way
        self._kept = 0  # connections that ended at `letters` by our own choice

    @property
    def learnt(self) -> RelayLimits:
        """Return the limits that refusals have taught."""
        return RelayLimits(
            self.limit if self.limit < self.wish else 0, 0 if self._set else self.letters, self.idle
        )

    def wait(self, now: float) -> float:
        """Return for how many seconds no connection may be opened; 0: one may be, now."""
        if self.away_until > now:
            return self.away_until - now
        if self.open + self.opening < self.limit:
            return 0.0
        if self.limit < self.wish and self._probe_at <= now and not self._probing:
            self._probing = True
            self.limit += 1
            return 0.0
        return max(0.05, self._probe_at - now) if self.limit < self.wish else 1.0

    def begin(self) -> None:
        """Note that a connection is being opened."""
        self.opening += 1

    def opened(self, now: float) -> None:
        """Note that it was greeted."""
        self.opening -= 1
        self.open += 1
        self.away_until = 0.0
        if self._early and not self.opening:
            self._early, self.limit, self._probe_at = (
                False,
                max(1, min(self.limit, self.open)),
                now + self._probe_every,
            )
        if self._probing and self.open >= self.limit:  # one more is taken: soon another
            self._probing, self._probe_every, self._probe_at = False, FIRST_PROBE, now + FIRST_PROBE

    def refused(self, now: float, *, greeting: bool) -> float:
        """Note that it was not; return for how many seconds the whole relay is left alone, 0: the
        others go on.

        `greeting`: the relay answered, and said no.
        """
        self.opening -= 1
        if self.open:
            self._learn_connections(now, greeting=greeting)
        elif self.opening:
            self._early |= greeting
        return self._away(now, KNOCK if greeting else QUICK)

    def _away(self, now: float, first: float) -> float:
        """Return the pause of a relay that has let in nobody, and to which nobody is on the way;
        else 0.
        """
        if self.open or self.opening:
            return 0.0
        self._early = False
        self._pause = min(max(self._pause * 2, first), LONGEST)
        self.away_until = now + self._pause
        return self._pause

    def _learn_connections(self, now: float, *, greeting: bool) -> None:
        if self._probing:
            self._probing = False
            self._probe_every = min(self._probe_every * 2, LONGEST_PROBE)
        self.limit = max(1, min(self.limit - 1, self.open + self.opening))
        self._probe_at = now + (self._probe_every if greeting else 1.0)

    def accepted(self) -> None:
        """Note that a letter was taken: the relay is well."""
        self._pause = 0.0

    def closed(self, now: float, letters: int, *, announced: bool, broke: bool) -> float:
        """Note the end of an open connection after so many letters; return as `refused` does.

        `announced`: the relay ended it with 421 where the next letter began; `broke`: it did so
        without a word.
        """
        self.open -= 1
        if not letters and (announced or broke):  # greeted, and then of no use
            return self._away(now, AT_ONCE if announced else QUICK)
        self._learn_letters(letters, announced=announced)
        return 0.0

    def _learn_letters(self, letters: int, *, announced: bool) -> None:
        if self._set:
            return
        if announced and letters >= _TRUSTED:
            self.letters, self._kept = letters, 0
        elif self.letters and letters >= self.letters:
            self._kept += 1
            if self._kept >= _SESSIONS:  # perhaps that was no limit: let one carry on
                self.letters, self._kept = self.letters * 2, 0

    def full(self, letters: int) -> bool:
        """Return whether a connection has carried as many letters as it may."""
        return bool(self.letters) and letters >= self.letters

    def was_idle(self, seconds: float) -> None:
        """Note that the relay closed a connection that had been idle for so long."""
        self.idle = min(self.idle or seconds, seconds)
