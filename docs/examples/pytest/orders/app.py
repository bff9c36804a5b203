def handler(event, context):
    if event["quantity"] < 1:
        raise ValueError(f"order {event['order']} asks for {event['quantity']}")
    return {"order": event["order"], "accepted": True}
