"""Does a target keep the spec, and does the spec keep up with the target?

    target, plan                what is tested, and what of it a live one will be sent
    observe, live               look at a sandbox, look at a live HaloPay; `run` judges what was seen then
    journey, probes, fuzz       right calls, wrong calls, calls that schemathesis makes up
    caller, receiver, player    who sends, who takes webhooks in, who plays payer and chain
    traffic/, from_inbox        the same from captured files and from an inbox
    exchange                    what all of them give: exchanges and deliveries, together `Observed`
    judge/                      makes findings of it; `kinds` is the table of what there is to be found
    ledger                      what it says about HaloPay's contradictions
    result, report/             what came of it, for people and machines
    overlay/, baseline          what becomes of findings: corrections of the spec, or drift that is accepted

Needs `pip install 'halopay-kit[contract]'`.
"""
