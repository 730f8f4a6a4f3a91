import cn.keking.callcenter.sdk.model.CallBackTask;
import cn.keking.callcenter.sdk.model.enums.RequestMethodEnum;
import cn.keking.callcenter.sdk.service.CallBackService;
import java.util.Map;

/** Hands a callback over; Spring puts the consumer's reference into the constructor. */
public class Orders {
    private final CallBackService callBackService;

    public Orders(CallBackService callBackService) {
        this.callBackService = callBackService;
    }

    /** Returns the task's id. @throws CallBackException where the task is refused; its message lists the reasons */
    public String paid(long order) {
        CallBackTask task = new CallBackTask();
        task.setUrl("https://shop.example/paid");
        task.setRequestMethod(RequestMethodEnum.POST);
        task.setRequestParam(Map.of("order", order));
        task.setExpectResult("ok");
        task.setLimitCallCount(10);
        task.setSourceAppName("orders");
        task.setTargetAppName("shop");
        return callBackService.call(task);
    }
}
