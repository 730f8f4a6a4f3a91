import cn.keking.callcenter.sdk.model.CallBackTask;
import cn.keking.callcenter.sdk.model.enums.RequestMethodEnum;
import cn.keking.callcenter.sdk.service.CallBackService;
import com.alibaba.dubbo.config.ApplicationConfig;
import com.alibaba.dubbo.config.ReferenceConfig;
import com.alibaba.dubbo.config.RegistryConfig;
import com.alibaba.dubbo.rpc.service.EchoService;
import com.alibaba.dubbo.rpc.service.GenericService;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A Dubbo consumer as kkbida's users have it. Reads commands from its input, one a line, with tabs between their parts; answers each
 * with one line: `ok` or `failed`, and the outcome. Arguments: where the provider is (`direct` or a registry's address), the URL.
 */
public class Consumer {
    static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    static String kind;
    static String address;

    public static void main(String[] args) throws Exception {
        // What libraries print must not stand between the answers.
        System.setOut(System.err);
        kind = args[0];
        address = args[1];
        CallBackService service = reference(false);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        OUT.println("ready");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split("\t", -1);
            answer(() -> run(service, words));
        }
        // Threads of Dubbo's would go on.
        Runtime.getRuntime().halt(0);
    }

    static void answer(Callable<Object> call) {
        String text;
        try {
            text = "ok\t" + call.call();
        } catch (Throwable error) {
            text = "failed\t" + error.getClass().getName() + "\t" + error.getMessage();
        }
        OUT.println(text.replace("\n", " "));
    }

    static Object run(CallBackService service, String[] words) throws Exception {
        switch (words[0]) {
            case "call":
                return service.call(task(words[1], words[2]));
            case "rich":
                return service.call(new CallBackTask(words[1], RequestMethodEnum.POST, rich()));
            case "nothing":
                return service.call(new CallBackTask());
            case "doCall":
                return service.doCall(task(words[1], words[2]));
            case "echo":
                return ((EchoService) service).$echo(words[1]);
            case "echoRich":
                Object back = ((EchoService) service).$echo(rich());
                return back.toString().replaceAll("\\[B@\\w+|\\[I@\\w+|\\[L[^@]*@\\w+", "");
            case "richText":
                return rich().toString().replaceAll("\\[B@\\w+|\\[I@\\w+|\\[L[^@]*@\\w+", "");
            case "generic":
                return generic(words[1], words[2]);
            case "load":
                return load(service, words[1], Integer.parseInt(words[2]), Integer.parseInt(words[3]));
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    @SuppressWarnings("unchecked")
    static <T> T reference(boolean generic) {
        ReferenceConfig<T> reference = new ReferenceConfig<T>();
        ApplicationConfig application = new ApplicationConfig("consumer");
        reference.setApplication(application);
        reference.setInterface("cn.keking.callcenter.sdk.service.CallBackService");
        reference.setVersion("1.0");
        reference.setCheck(false);
        // For a machine that does ten other things. Consumers have 1000.
        reference.setTimeout(Integer.getInteger("timeout", 30000));
        reference.setRetries(Integer.getInteger("retries", 0));
        if (generic) reference.setGeneric("true");
        if (kind.equals("direct")) {
            reference.setUrl("dubbo://" + address);
            reference.setRegistry(new RegistryConfig("N/A"));
        } else {
            reference.setRegistry(new RegistryConfig(address));
        }
        return reference.get();
    }

    static CallBackTask task(String method, String url) {
        Map<String, Object> param = new HashMap<>();
        param.put("city", "上海");
        return new CallBackTask(url, method.isEmpty() ? null : RequestMethodEnum.valueOf(method), param);
    }

    /** The parameters of the recording, in the same order. */
    static Map<String, Object> rich() {
        Map<String, Object> param = new LinkedHashMap<>();
        param.put("long", 1234567890123456789L);
        param.put("int", 7);
        param.put("double", 1.5);
        param.put("float", 2.5f);
        param.put("bool", true);
        param.put("null", null);
        param.put("emoji", "\uD83D\uDE00");
        param.put("decimal", new BigDecimal("12345678901234567890.123456789"));
        param.put("bigint", new BigInteger("123456789012345678901234567890"));
        param.put("date", new Date(1700000000000L));
        param.put("timestamp", new java.sql.Timestamp(1700000000123L));
        param.put("enum", RequestMethodEnum.POST);
        List<Object> list = new ArrayList<>(Arrays.asList("p", 2, 3L));
        param.put("list", list);
        param.put("array", new String[] {"x", "y"});
        param.put("ints", new int[] {1, 2});
        param.put("bytes", new byte[] {1, 2, 3});
        Map<String, Object> inner = new TreeMap<>();
        inner.put("self", list);
        inner.put("z", "上");
        param.put("map", inner);
        param.put("set", new HashSet<>(Collections.singleton("q")));
        param.put("char", 'c');
        param.put("short", (short) 5);
        param.put("asList", Arrays.asList(1, 2));
        param.put("singleton", Collections.singletonMap("k", "v"));
        StringBuilder text = new StringBuilder();
        while (text.length() < 70000) text.append("上海0123456789");
        param.put("long70000chars", text.substring(0, 70000));
        return param;
    }

    static Object generic(String method, String url) {
        GenericService service = reference(true);
        Map<String, Object> task = new HashMap<>();
        task.put("class", "cn.keking.callcenter.sdk.model.CallBackTask");
        task.put("url", url);
        task.put("requestMethod", method);
        task.put("expectResult", "ok");
        task.put("limitCallCount", 3);
        task.put("requestParam", Collections.singletonMap("amount", new BigDecimal("0.10")));
        String[] types = {"cn.keking.callcenter.sdk.model.CallBackTask"};
        return service.$invoke("call", types, new Object[] {task});
    }

    /** @return ids, failures, seconds, p50, p99 and the longest time in ms, separated by blanks */
    static Object load(CallBackService service, String url, int calls, int threads) throws Exception {
        AtomicInteger next = new AtomicInteger();
        AtomicInteger failures = new AtomicInteger();
        ConcurrentLinkedQueue<String> ids = new ConcurrentLinkedQueue<>();
        long[] took = new long[calls];
        CountDownLatch done = new CountDownLatch(threads);
        long start = System.nanoTime();
        for (int t = 0; t < threads; t++) {
            new Thread(() -> {
                for (int i = next.getAndIncrement(); i < calls; i = next.getAndIncrement()) {
                    long at = System.nanoTime();
                    try {
                        // Equal to the byte: each is a task all the same.
                        ids.add(service.call(task("POST", url)));
                    } catch (Throwable error) {
                        if (failures.getAndIncrement() == 0) error.printStackTrace();
                    }
                    took[i] = System.nanoTime() - at;
                }
                done.countDown();
            }).start();
        }
        done.await();
        double seconds = (System.nanoTime() - start) / 1e9;
        Arrays.sort(took);
        return new HashSet<>(ids).size() + " " + failures + " " + seconds + " " + took[calls / 2] / 1e6 + " "
            + took[calls * 99 / 100] / 1e6 + " " + took[calls - 1] / 1e6;
    }
}
