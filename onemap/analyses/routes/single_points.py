"""Which cuts take a node from its roots, for every place of a network at once.

Every link that closes a circle gets a random number of 128 bits. The numbers of the links that leave a set of nodes,
combined by exclusive or, are zero if none leaves it, and almost surely not otherwise. Numbers of all subtrees of a
spanning tree are known at once; so a cut is judged from the few pieces that it makes of the tree, without walking the
network. Growth is linear in nodes and links, and quadratic only in the number of links of one operator in one trench.

References
----------
D. Pritchard, R. Thurimella, "Fast computation of small cuts via cycle space sampling", ACM Trans. Algorithms 7 (2011);
the chance that any of n sets is misjudged is at most n / 2**128.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order

__all__ = ["Cut", "Spanned", "cut_off", "span"]

Integers = NDArray[np.int64]

_SEED = 659_900


@dataclass(frozen=True, slots=True)
class Cut:
    """Links that fall together, and what that takes from the roots.

    Attributes
    ----------
    links
        The links, ordered.
    ranges
        Places in the order of `Spanned.order` of the nodes cut off, shape (k, 2): from, up to, not including.
    """

    links: tuple[int, ...]
    ranges: tuple[tuple[int, int], ...]

    @property
    def count(self) -> int:
        """Number of nodes cut off."""
        return sum(end - begin for begin, end in self.ranges)


@dataclass(frozen=True, slots=True)
class Spanned:
    """A spanning tree of what is connected to the roots.

    Attributes
    ----------
    order
        Nodes as the tree is walked, each before what hangs from it; the first is the root of all, no node (-1).
    place
        Place of each node in that order, -1 for one that is not connected.
    until
        Place behind the last node that hangs from it, for each place.
    child
        Place of the node that hangs from a link, -1 for a link that closes a circle or is not connected.
    ends
        Places of both ends of each link, shape (n, 2).
    number
        Random number of each link that closes a circle, two words of 64 bits, zero for the others, shape (n, 2).
    sums
        Numbers of what hangs from each place, combined by exclusive or, shape (m, 2).
    """

    order: Integers
    place: Integers
    until: Integers
    child: Integers
    ends: Integers
    number: NDArray[np.uint64]
    sums: NDArray[np.uint64]


def span(start: Integers, end: Integers, roots: Integers, node_count: int) -> Spanned:
    """Span what is connected to the roots by a tree.

    Parameters
    ----------
    start, end
        Nodes of the links, shape (n,).
    roots
        Nodes that nothing takes away.
    node_count
        Number of all nodes.

    Returns
    -------
    spanned
        The tree; the same for the same links.

    Examples
    --------
    >>> span(np.array([0, 1]), np.array([1, 2]), np.array([0]), 4).place
    array([ 1,  2,  3, -1])
    """
    tree, child = _tree(start, end, roots, node_count)
    order, until = _walked(*tree, node_count)
    place = np.full(node_count + 1, -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    hangs = np.where(child >= 0, place[child], -1)
    ends = np.column_stack([place[start], place[end]]).astype(np.int64).reshape(-1, 2)
    closing = (hangs < 0) & (ends >= 0).all(axis=1)
    number = np.zeros((len(start), 2), dtype=np.uint64)
    rng = np.random.default_rng(_SEED)
    number[closing] = rng.integers(1, 2**64 - 1, size=(int(closing.sum()), 2), dtype=np.uint64)
    at_node = np.zeros((len(order), 2), dtype=np.uint64)
    for side in (0, 1):
        np.bitwise_xor.at(at_node, ends[closing, side], number[closing])
    running = np.concatenate([np.zeros((1, 2), np.uint64), np.bitwise_xor.accumulate(at_node, axis=0)])
    sums = running[until] ^ running[np.arange(len(order))]
    order = np.where(order == node_count, -1, order)
    return Spanned(order, place[:-1], until, hangs, ends, number, sums)


def cut_off(spanned: Spanned, groups: Sequence[Integers] = ()) -> list[Cut]:
    """Find the links, and the groups of links that fall together, whose loss takes nodes from the roots.

    Parameters
    ----------
    spanned
        Of `span`.
    groups
        Links that fall together, each of at least two.

    Returns
    -------
    cuts
        Single links first, in their order; then the groups that take more than their links do one by one.

    Examples
    --------
    Two links in one trench lead to node 1, one to node 2:

    >>> spanned = span(np.array([0, 0, 0]), np.array([1, 1, 2]), np.array([0]), 3)
    >>> [(cut.links, cut.count) for cut in cut_off(spanned, [np.array([0, 1])])]
    [((2,), 1), ((0, 1), 1)]
    """
    tree = np.flatnonzero(spanned.child >= 0)
    bridges = tree[(spanned.sums[spanned.child[tree]] == 0).all(axis=1)]
    single = {
        int(link): Cut((int(link),), ((int(spanned.child[link]), int(spanned.until[spanned.child[link]])),))
        for link in bridges
    }
    several = [Cut(tuple(int(one) for one in group), _isolated(spanned, group)) for group in groups]
    return [*single.values(), *(cut for cut in several if cut.count > _alone(cut, single))]


def _alone(cut: Cut, single: dict[int, Cut]) -> int:
    """Count what the links of a cut take one by one."""
    ranges = sorted(single[link].ranges[0] for link in cut.links if link in single)
    total, reached = 0, -1
    for begin, end in ranges:  # nested or apart
        total += max(end - max(begin, reached), 0)
        reached = max(reached, end)
    return total


def _tree(
    start: Integers, end: Integers, roots: Integers, node_count: int
) -> tuple[tuple[Integers, Integers], Integers]:
    """Walk from the roots: nodes in order with their parents, and the child that hangs from each link, -1 if none."""
    top = node_count
    tails, heads = np.concatenate([start, np.full(len(roots), top)]), np.concatenate([end, roots])
    size = node_count + 1
    links = coo_array((np.ones(len(tails), dtype=np.int8), (tails, heads)), shape=(size, size))
    order, parent = breadth_first_order(csr_array(links), top, directed=False)
    child = np.full(len(start), -1, dtype=np.int64)
    for one, other in ((start, end), (end, start)):
        hangs = np.flatnonzero((parent[other] == one) & (one != other))
        child[hangs] = other[hangs]
    # Of several links to one child the first holds it, the others close circles.
    held = np.flatnonzero(child >= 0)
    _, first = np.unique(child[held], return_index=True)
    kept = np.full(len(start), -1, dtype=np.int64)
    kept[held[first]] = child[held[first]]
    return (order.astype(np.int64), parent.astype(np.int64)), kept


def _walked(order: Integers, parent: Integers, top: int) -> tuple[Integers, Integers]:
    """Bring nodes to an order in which all that hangs from a node follows it; with the place behind the last of it."""
    size = np.ones(top + 1, dtype=np.int64)
    for node in order[:0:-1].tolist():
        size[parent[node]] += size[node]
    place = np.zeros(top + 1, dtype=np.int64)
    free = np.zeros(top + 1, dtype=np.int64)
    free[top] = 1
    for node in order[1:].tolist():
        above = parent[node]
        place[node] = free[above]
        free[above] += size[node]
        free[node] = place[node] + 1
    walked = np.empty(len(order), dtype=np.int64)
    walked[place[order]] = order
    return walked, place[walked] + size[walked]


def _isolated(spanned: Spanned, group: Integers) -> tuple[tuple[int, int], ...]:
    """Give the ranges of places that the loss of a group takes from the roots."""
    child = spanned.child[group]
    tops = sorted({int(one) for one in child[child >= 0]})
    if not tops:
        return ()
    pieces = _pieces(spanned, tops)
    words = [_word(spanned.sums[top]) for top in [0, *tops]]
    above = [-1, *(_piece_of(spanned, tops[:number], top) for number, top in enumerate(tops))]
    own = list(words)
    for number in range(1, len(own)):
        own[above[number]] ^= words[number]
    for link in group[(child < 0) & (spanned.ends[group] >= 0).all(axis=1)]:
        for place in spanned.ends[link]:
            own[_piece_of(spanned, tops, int(place))] ^= _word(spanned.number[link])
    lost = [members for members in _components(own) if not members & 1]
    return tuple(
        sorted(one for members in lost for number in range(len(own)) if members >> number & 1 for one in pieces[number])
    )


def _piece_of(spanned: Spanned, tops: Sequence[int], place: int) -> int:
    """Give the number of the piece that a place belongs to: 0 the one with the root, else 1 + the lowest top above."""
    for number in range(len(tops) - 1, -1, -1):
        if tops[number] <= place < spanned.until[tops[number]]:
            return number + 1
    return 0


def _pieces(spanned: Spanned, tops: Sequence[int]) -> list[list[tuple[int, int]]]:
    """Give the ranges of places of each piece."""
    bounds = [(0, len(spanned.order)), *((top, int(spanned.until[top])) for top in tops)]
    pieces: list[list[tuple[int, int]]] = []
    for number, (begin, end) in enumerate(bounds):
        ranges, at = [], begin
        for low, high in bounds[number + 1 :]:
            if at <= low < end:
                ranges += [(at, low)] if low > at else []
                at = high
        pieces.append(ranges + ([(at, end)] if end > at else []))
    return pieces


def _components(words: Sequence[int]) -> list[int]:
    """Give the smallest sets of pieces, as bits, whose words combine to zero: what hangs together.

    The sets that combine to zero are the unions of components; reduced to echelon form they are the components.
    """
    basis: dict[int, tuple[int, int]] = {}
    rows: dict[int, int] = {}
    for number, given in enumerate(words):
        word, members = given, 1 << number
        while word and word.bit_length() in basis:
            other, others = basis[word.bit_length()]
            word, members = word ^ other, members ^ others
        if word:
            basis[word.bit_length()] = (word, members)
            continue
        for pivot, row in rows.items():
            members ^= row if members & pivot else 0
        pivot = members & -members
        rows = {one: row ^ (members if row & pivot else 0) for one, row in rows.items()}
        rows[pivot] = members
    return list(rows.values())


def _word(pair: NDArray[np.uint64]) -> int:
    """Give two words as one number."""
    return int(pair[0]) << 64 | int(pair[1])
