"""The workforce of an authority, month by month: permanent, agency and vacant posts, and the work they can hold.

Posts are reals (full-time equivalents) that move without chance (ruling 20). People leave faster under pressure, vacancies are filled at the
authority's own rate, agency workers cover part of what stays vacant. Every engine uses these functions.
"""

import numpy as np

from sim.kernels.compiling import entry

PERMANENT, AGENCY, VACANT = np.int64(0), np.int64(1), np.int64(2)  # columns of posts
# Of a month: the shares of permanent posts left and of vacant posts filled, posts opened, and what agency workers engaged are multiplied by.
LEAVE, JOIN, OPENED, ENGAGED = (np.int64(i) for i in range(4))
REFERENCE, RESPONSE, LEAST, MOST, COVER, LAG, CAP = (np.int64(i) for i in range(7))  # rules, see `rules` in compile_workforce.py


@entry
def move_posts(posts, start, flows, rules, pressure):
    """Open a month's posts (below 0: cut vacant ones, then filled ones), let leavers go and joiners come, then let agency workers follow vacancies.

    Leavers are the authority's share x (1 + response x (pressure - reference)), that multiplier within bounds. `start` holds the posts of the last
    month published: agency workers are those of then and a share of the vacancies since, at most a share of all workers, and come with a lag.
    """
    posts[VACANT] += flows[OPENED]
    if posts[VACANT] < 0.0:
        posts[PERMANENT] = max(posts[PERMANENT] + posts[VACANT], 0.0)
        posts[VACANT] = 0.0
    multiplier = min(max(1.0 + rules[RESPONSE] * (pressure - rules[REFERENCE]), rules[LEAST]), rules[MOST])
    left, joined = posts[PERMANENT] * flows[LEAVE] * multiplier, posts[VACANT] * flows[JOIN]
    posts[PERMANENT] += joined - left
    posts[VACANT] += left - joined
    most = max(start[AGENCY], rules[CAP] / (1.0 - rules[CAP]) * posts[PERMANENT])
    wanted = min(max(start[AGENCY] + rules[COVER] * (posts[VACANT] - start[VACANT]), 0.0), most) * flows[ENGAGED]
    posts[AGENCY] += (wanted - posts[AGENCY]) / rules[LAG]


@entry
def staff_month(posts, published, flows, rules, capacity, work, follows):
    """Bring an authority's posts to a month that begins, and return the cases at which its pressure is 1.

    Until posts may follow pressure they are as published, and so is the capacity. From then on `published` are those of the last month
    published and the capacity is in proportion to the workers there are, permanent and agency: the share of them who hold cases stays.
    Those who leave do so under the pressure of the work in hand on who is there before.
    """
    workers = published[PERMANENT] + published[AGENCY]
    if not follows or workers <= 0.0:
        for kind in range(posts.shape[0]):
            posts[kind] = published[kind]
        return capacity
    pressure = work / (capacity * ((posts[PERMANENT] + posts[AGENCY]) / workers))
    move_posts(posts, published, flows, rules, pressure)
    return capacity * ((posts[PERMANENT] + posts[AGENCY]) / workers)
