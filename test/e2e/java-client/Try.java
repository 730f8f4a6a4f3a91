import java.math.BigDecimal;
import java.util.Map;
import org.springframework.web.client.HttpClientErrorException;

/** Uses docs/java/BidaClient.java: prints two ids of one callback, and what is said of one that is refused. */
public class Try {
  public static void main(String[] args) throws Exception {
    BidaClient bida = new BidaClient(args[0], args[1]);
    Map<String, Object> task =
        Map.of(
            "url", args[2],
            "requestMethod", "POST",
            "requestParam", Map.of("orderId", 7088992364139642881L, "amount", new BigDecimal("1.50")),
            "limitCallCount", 3);
    System.out.println(bida.call(task, "order-4711-paid"));
    System.out.println(bida.call(task, "order-4711-paid"));
    try {
      bida.call(Map.of("url", "ftp://x", "requestMethod", "POST", "limitCallCount", 1), "order-4712-paid");
    } catch (HttpClientErrorException e) {
      System.out.println(e.getStatusCode().value() + " " + e.getResponseBodyAsString());
    }
  }
}
