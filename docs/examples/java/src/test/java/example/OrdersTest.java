package example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class OrdersTest {
    @RegisterExtension
    static Invoked invoked = new Invoked();

    @Test
    void threeTriesThenTheDeadLetter() throws Exception {
        invoked.ask("POST", "/2015-03-31/functions/orders/invocations", "{\"quantity\": 0}", "X-Amz-Invocation-Type", "Event");
        invoked.ask("POST", "/_invoked/drain", "");
        assertEquals("{\"count\":3}", invoked.ask("GET", "/_invoked/invocations/count?Status=failed", ""));
        assertEquals(1, invoked.ask("GET", "/_invoked/dead-letters?Queue=orders-dlq", "").split("\"MessageId\"").length - 1);
    }
}
